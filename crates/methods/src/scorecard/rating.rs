//! From a score to a rating: grades by limits, triggers that cap the grade, and an override by a person.

use serde::Serialize;

/// Grades from best to worst, each with the lowest score that earns it; the last takes the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Grades(pub Vec<(String, f64)>);

/// A fact that overrules the score: whoever it holds for is rated at best `cap`.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    pub name: String,
    /// Place among the grades.
    pub cap: usize,
}

/// A rating with how it came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rating {
    pub grade: String,
    /// What the score alone gives.
    pub by_score: String,
    pub triggers: Vec<String>,
    /// Whether a person set the grade; who may, and whose approval it takes, is the caller's business.
    pub is_overridden: bool,
}

/// Score first, then triggers, then the person.
pub fn rate(
    score: f64,
    grades: &Grades,
    triggers: &[Trigger],
    chosen: Option<usize>,
) -> Option<Rating> {
    let list = &grades.0;
    let by_score = list
        .iter()
        .position(|(_, from)| score >= *from)
        .unwrap_or(list.len().checked_sub(1)?);
    let capped = triggers
        .iter()
        .map(|trigger| trigger.cap)
        .fold(by_score, usize::max)
        .min(list.len() - 1);
    let grade = chosen.filter(|at| *at < list.len()).unwrap_or(capped);
    Some(Rating {
        grade: list[grade].0.clone(),
        by_score: list[by_score].0.clone(),
        triggers: triggers
            .iter()
            .map(|trigger| trigger.name.clone())
            .collect(),
        is_overridden: grade != capped,
    })
}

/// How many have every grade.
pub fn distribution(scores: &[f64], grades: &Grades) -> Vec<(String, usize)> {
    let mut counts: Vec<(String, usize)> =
        grades.0.iter().map(|(name, _)| (name.clone(), 0)).collect();
    for rating in scores
        .iter()
        .filter_map(|score| rate(*score, grades, &[], None))
    {
        if let Some((_, count)) = counts.iter_mut().find(|(name, _)| *name == rating.grade) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_cap_and_people_decide() {
        let grades = Grades(vec![
            ("A".into(), 600.0),
            ("B".into(), 500.0),
            ("C".into(), 0.0),
        ]);
        let arrears = Trigger {
            name: "arrears".into(),
            cap: 1,
        };
        let grade =
            |score, triggers: &[Trigger], chosen| rate(score, &grades, triggers, chosen).unwrap();
        assert_eq!(grade(600.0, &[], None).grade, "A");
        assert_eq!(grade(-5.0, &[], None).grade, "C");
        let capped = grade(700.0, std::slice::from_ref(&arrears), None);
        assert_eq!(
            (capped.grade.as_str(), capped.by_score.as_str()),
            ("B", "A")
        );
        assert!(!capped.is_overridden);
        assert!(grade(700.0, &[arrears], Some(0)).is_overridden);
        assert_eq!(distribution(&[650.0, 10.0], &grades)[0].1, 1);
        assert_eq!(rate(1.0, &Grades(vec![]), &[], None), None);
    }
}
