//! The main job, as a salesperson's program does it.

use crate::on_each;
use serde_json::json;

#[test]
fn from_a_first_call_to_a_deal_that_is_won() {
    on_each(|app| {
        let sam = app.salesperson();
        let me = app.id_of("salesperson");
        let customer = sam
            .post(
                "/records/customer",
                json!({"name": "合肥锅炉有限公司", "phone": "0551-62345678"}),
            )
            .expect(201);
        assert_eq!(customer["type"], "organisation");
        assert_eq!(customer["owner"], me.as_str());
        assert_eq!(customer["version"], 1);
        assert_eq!(
            customer.header("location"),
            format!("/api/v1/records/customer/{}", customer.id())
        );
        let customer = customer.id();
        let contact = sam.create(
            "contact",
            json!({"name": "王小明", "customer": customer, "mobile": "13800138000"}),
        );
        let deal = sam
            .post(
                "/records/opportunity",
                json!({"name": "二号锅炉", "customer": customer, "contact": contact,
                       "amount": {"amount": "120000.00", "currency": "CNY"}, "close_date": "2026-06-30"}),
            )
            .expect(201);
        assert_eq!([&deal["pipeline"], &deal["stage"]], ["standard", "qualify"]);
        assert_eq!(
            deal["amount"],
            json!({"amount": "120000.00", "currency": "CNY"})
        );
        let deal = deal.id();
        let task = json!({"subject": "回访王小明", "about": {"object": "opportunity", "id": deal}, "due_at": "2026-03-03T09:00:00+08:00"});
        let task = sam.post("/records/task", task).expect(201);
        assert_eq!(
            task["customer"],
            customer.as_str(),
            "the task's customer follows from what it is about"
        );
        assert_eq!(task["due_at"], "2026-03-03T01:00:00Z");
        sam.act(
            "task",
            &task.id(),
            "completion",
            json!({"result": "同意报价"}),
        )
        .expect(200);
        assert_eq!(sam.read("task", &task.id()).expect(200)["status"], "done");
        sam.update("opportunity", &deal, json!({"stage": "negotiation"}))
            .expect(200);
        let closed = sam
            .act(
                "opportunity",
                &deal,
                "closure",
                json!({"outcome": "won", "reason": "price"}),
            )
            .expect(200);
        assert_eq!(closed["stage"], "won");
        let now = sam.read("opportunity", &deal).expect(200);
        assert_eq!([&now["stage"], &now["close_reason"]], ["won", "price"]);
        assert!(now["closed_at"].is_string());
        let stages: Vec<String> = sam
            .get(&format!("/records/opportunity/{deal}/history"))
            .expect(200)
            .rows()
            .iter()
            .flat_map(|entry| entry["changes"].as_array().cloned().unwrap())
            .filter(|change| change["field"] == "stage")
            .map(|change| {
                format!(
                    "{}>{}",
                    change["old"].as_str().unwrap(),
                    change["new"].as_str().unwrap()
                )
            })
            .collect();
        assert_eq!(stages, ["negotiation>won", "qualify>negotiation"]);
        let parent = sam.read("customer", &customer).expect(200);
        assert_eq!(
            parent["won_amount"],
            json!({"amount": "120000.00", "currency": "CNY"})
        );
        assert_eq!(parent["open_opportunities"], 0);
        assert!(
            parent["last_contact_at"].is_string(),
            "a finished task is a contact"
        );
    });
}

#[test]
fn the_manager_sees_it_the_other_department_does_not() {
    on_each(|app| {
        let id = app
            .salesperson()
            .create("customer", json!({"name": "Visible to East"}));
        app.salesperson().read("customer", &id).expect(200);
        app.manager().read("customer", &id).expect(200);
        app.head().read("customer", &id).expect(200);
        app.admin().read("customer", &id).expect(200);
        app.service().read("customer", &id).expect(200);
        app.reader().read("customer", &id).expect(200);
        app.colleague().read("customer", &id).expect(404);
        app.stranger().read("customer", &id).expect(404);
        app.nobody().read("customer", &id).expect(401);
        app.service()
            .update("customer", &id, json!({"name": "x"}))
            .expect(403);
        app.reader()
            .update("customer", &id, json!({"name": "x"}))
            .expect(403);
        app.colleague()
            .update("customer", &id, json!({"name": "x"}))
            .expect(404);
        app.reader()
            .delete(&format!("/records/customer/{id}"))
            .expect(403);
        app.reader()
            .post("/records/customer", json!({"name": "x"}))
            .expect(403);
        app.salesperson()
            .delete(&format!("/records/customer/{id}"))
            .expect(204);
        app.salesperson().read("customer", &id).expect(404);
    });
}
