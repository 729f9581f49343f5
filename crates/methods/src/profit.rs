//! Customer profitability: revenue less what it costs to serve.
//!
//! Source: Kaplan and Narayanan, "Measuring and Managing Customer Profitability", Journal of Cost Management 2001
//! (activity-based costs: a quantity of every activity times its rate), and the whale curve of profit added up from the
//! best customer to the worst. Assumes that costs are given in full, or as quantities with rates; money is in one
//! currency.

use crate::columns::Names;
use serde::Serialize;

#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// By customer code.
    pub revenue: Vec<f64>,
    pub cost: Vec<f64>,
}

impl Ledger {
    pub fn add(&mut self, customer: u32, revenue: f64, cost: f64) {
        let customer = customer as usize;
        if customer >= self.revenue.len() {
            self.revenue.resize(customer + 1, 0.0);
            self.cost.resize(customer + 1, 0.0);
        }
        self.revenue[customer] += revenue;
        self.cost[customer] += cost;
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Customer {
    #[serde(skip)]
    pub customer: u32,
    pub revenue: f64,
    pub cost: f64,
    pub profit: f64,
    /// profit / revenue
    pub margin: f64,
    /// Profit of this customer and all better ones, as a share of the whole profit: above 1 before the losses begin.
    pub cumulative: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Profit {
    #[serde(skip)]
    pub customers: Vec<Customer>,
    pub revenue: f64,
    pub cost: f64,
    pub profit: f64,
    pub unprofitable: usize,
    /// What unprofitable customers cost, as a positive number.
    pub losses: f64,
    /// The height of the whale: profit without the losses, as a share of the profit.
    pub peak: f64,
}

/// From the best customer to the worst; equals stand by id.
pub fn profit(ledger: &Ledger, names: &Names) -> Profit {
    let ranks = names.ranks();
    let mut customers: Vec<Customer> = ledger
        .revenue
        .iter()
        .zip(&ledger.cost)
        .enumerate()
        .map(|(customer, (revenue, cost))| Customer {
            customer: customer as u32,
            revenue: *revenue,
            cost: *cost,
            profit: revenue - cost,
            margin: (revenue - cost) / revenue,
            cumulative: 0.0,
        })
        .collect();
    customers.sort_by(|a, b| {
        let by_id = ranks[a.customer as usize].cmp(&ranks[b.customer as usize]);
        b.profit.total_cmp(&a.profit).then(by_id)
    });
    let total: f64 = customers.iter().map(|one| one.profit).sum();
    let mut sum = 0.0;
    let mut peak = 0f64;
    for one in &mut customers {
        sum += one.profit;
        one.cumulative = sum / total;
        peak = peak.max(sum);
    }
    let at_a_loss = customers.iter().filter(|one| one.profit < 0.0);
    Profit {
        revenue: ledger.revenue.iter().sum(),
        cost: ledger.cost.iter().sum(),
        profit: total,
        unprofitable: at_a_loss.clone().count(),
        losses: -at_a_loss.map(|one| one.profit).sum::<f64>(),
        peak: peak / total,
        customers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whale_rises_above_the_whole_and_falls_back_to_it() {
        let names: Names = ["a", "b", "c"].iter().collect();
        let mut ledger = Ledger::default();
        ledger.add(0, 100.0, 150.0);
        ledger.add(1, 300.0, 100.0);
        ledger.add(2, 60.0, 40.0);
        ledger.add(2, 40.0, 10.0);
        let found = profit(&ledger, &names);
        let order: Vec<u32> = found.customers.iter().map(|one| one.customer).collect();
        assert_eq!(order, [1, 2, 0]);
        assert_eq!(
            (found.profit, found.unprofitable, found.losses),
            (200.0, 1, 50.0)
        );
        assert_eq!(found.peak, 1.25);
        assert_eq!(found.customers[2].cumulative, 1.0);
        assert_eq!(found.customers[0].margin, 2.0 / 3.0);
    }
}
