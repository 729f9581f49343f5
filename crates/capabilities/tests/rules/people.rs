use crate::on_each;
use guanxi_engine::accounts::{self, session, token};
use guanxi_engine::{Context, Record};
use guanxi_testkit::*;
use serde_json::json;

fn row(ctx: &Context, of: &Context) -> Record {
    guanxi_engine::read::get(ctx, &object(ctx, "user"), me(of)).unwrap()
}

#[test]
fn a_person_owns_the_own_row_which_stands_in_the_department() {
    on_each(|test| {
        let (admin, sam) = (test.admin(), test.salesperson());
        let record = row(&admin, &sam);
        assert_eq!(record.owner, record.seq);
        assert_eq!(record.department, sam.actor.department());
        assert_ne!(record.department, 0);
        let made = create(
            &admin,
            "user",
            json!({"name": "New", "email": " New.One@Example.COM "}),
        );
        assert_eq!(
            made.owner, made.seq,
            "the answer of the creation tells it too"
        );
        assert_eq!(made.get("email").text(), Some("new.one@example.com"));
        assert_eq!(
            made.department, 0,
            "nobody falls into the administrator's department"
        );
        let moved = update(
            &admin,
            &made,
            json!({"department": department(&admin, "East"), "owner": null}),
        );
        assert_eq!(
            (moved.owner, moved.department),
            (made.seq, sam.actor.department())
        );
    });
}

fn department(ctx: &Context, name: &str) -> uuid::Uuid {
    ctx.directory
        .departments()
        .find(|department| department.name == name)
        .unwrap()
        .id
}

#[test]
fn departments_are_a_tree_that_scopes_follow() {
    on_each(|test| {
        let (sam, stan) = (test.salesperson(), test.stranger());
        let record = create(&sam, "customer", json!({"name": "Acme"}));
        assert!(sees(&test.manager(), &record) && sees(&test.head(), &record));
        assert!(!sees(&stan, &record) && !sees(&test.colleague(), &record));
        let east = guanxi_engine::read::get(
            &test.admin(),
            &object(&test.admin(), "department"),
            department(&test.admin(), "East"),
        )
        .unwrap();
        assert_eq!(east.department, east.seq);
    });
}

#[test]
fn roles_exist_and_time_zones_too() {
    on_each(|test| {
        let (admin, sam) = (test.admin(), test.salesperson());
        let record = row(&admin, &sam);
        let outcome = try_update(
            &admin,
            &record,
            json!({"roles": ["salesman"], "time_zone": "Asia/Nowhere"}),
        );
        assert_eq!(
            refusal(outcome),
            "422 roles:unknown_role time_zone:unknown_time_zone"
        );
        update(&admin, &record, json!({"roles": ["manager"]}));
        assert_eq!(
            test.salesperson().person().unwrap().roles,
            ["manager"],
            "known to the next request"
        );
    });
}

#[test]
fn people_change_themselves_but_not_what_they_may() {
    on_each(|test| {
        for ctx in [
            test.salesperson(),
            test.manager(),
            test.service(),
            test.reader(),
        ] {
            let own = row(&ctx, &ctx);
            update(
                &ctx,
                &own,
                json!({"name": "Samuel", "phone": "13800138000", "language": "en", "time_zone": "Europe/Paris"}),
            );
            assert_eq!(
                refusal(try_update(&ctx, &own, json!({"roles": ["administrator"]}))),
                "422 roles:no_write_right"
            );
            let elsewhere = json!({"department": department(&ctx, "West")});
            assert_eq!(
                refusal(try_update(&ctx, &own, elsewhere)),
                "422 department:no_write_right"
            );
            assert_eq!(
                refusal(try_update(&ctx, &own, json!({"active": false}))),
                "422 active:no_write_right"
            );
            assert_eq!(
                refusal(try_update(&ctx, &own, json!({"email": "x@example.com"}))),
                "422 email:no_write_right"
            );
            let other = row(&ctx, &test.colleague());
            assert_eq!(
                refusal(try_update(&ctx, &other, json!({"name": "Nobody"}))),
                "403 update"
            );
            assert_eq!(refusal(try_remove(&ctx, &own)), "403 delete");
            assert_eq!(
                refusal(try_create(
                    &ctx,
                    "user",
                    json!({"name": "A", "email": "a@example.com"})
                )),
                "403 create"
            );
        }
    });
}

#[test]
fn whoever_is_put_out_is_out_at_once() {
    on_each(|test| {
        let (admin, sam) = (test.admin(), test.salesperson());
        let seq = sam.actor.seq();
        let cookie = session::start(&sam, seq, "browser", "127.0.0.1").unwrap();
        let secret = token::create(&sam, seq, "script").unwrap();
        assert!(session::resume(&test.engine, &cookie, "web").is_ok());
        assert!(token::resume(&test.engine, &secret, "api").is_ok());
        accounts::disable(&admin, seq).unwrap();
        assert_eq!(
            refusal(session::resume(&test.engine, &cookie, "web").map(|_| ())),
            "401"
        );
        assert_eq!(
            refusal(token::resume(&test.engine, &secret, "api").map(|_| ())),
            "401"
        );
        update(&admin, &row(&admin, &sam), json!({"active": true}));
        assert_eq!(
            refusal(token::resume(&test.engine, &secret, "api").map(|_| ())),
            "401",
            "old tokens stay ended"
        );
    });
}

#[test]
fn somebody_can_always_administer() {
    on_each(|test| {
        let admin = test.admin();
        let own = row(&admin, &admin);
        assert_eq!(
            refusal(try_update(&admin, &own, json!({"active": false}))),
            "422 active:last_administrator"
        );
        assert_eq!(
            refusal(try_update(&admin, &own, json!({"roles": ["manager"]}))),
            "422 roles:last_administrator"
        );
        assert_eq!(
            refusal(try_remove(&admin, &own)),
            "422 active:last_administrator"
        );
        update(
            &admin,
            &row(&admin, &test.head()),
            json!({"roles": ["manager", "administrator"]}),
        );
        update(&test.head(), &own, json!({"active": false}));
    });
}

#[test]
fn two_administrators_cannot_strip_each_other_at_once() {
    on_each(|test| {
        let admin = test.admin();
        update(
            &admin,
            &row(&admin, &test.head()),
            json!({"roles": ["administrator"]}),
        );
        let both = [test.admin(), test.head()];
        let outcomes = at_once(2, |at| {
            let (by, of) = (&both[at], &both[1 - at]);
            try_update(by, &row(by, of), json!({"roles": ["manager"]})).is_ok()
        });
        assert_eq!(outcomes.iter().filter(|done| **done).count(), 1);
    });
}

#[test]
fn a_department_is_empty_before_it_goes() {
    on_each(|test| {
        let admin = test.admin();
        let new = create(
            &admin,
            "department",
            json!({"name": "North", "parent": department(&admin, "Sales")}),
        );
        let admin = test.admin();
        let person = create(
            &admin,
            "user",
            json!({"name": "Nora", "email": "nora@example.com", "department": new.id}),
        );
        assert_eq!(person.department, new.seq);
        assert_eq!(
            refusal(try_remove(&admin, &new)),
            "409 department_not_empty"
        );
        let sales =
            guanxi_engine::read::get(&admin, &new.object, department(&admin, "Sales")).unwrap();
        assert_eq!(
            refusal(try_remove(&admin, &sales)),
            "409 department_not_empty"
        );
        update(&admin, &person, json!({"department": null}));
        try_remove(&admin, &new).unwrap();
        assert!(test.admin().directory.department_by_id(new.id).is_none());
    });
}

#[test]
fn a_department_is_not_below_itself() {
    on_each(|test| {
        let admin = test.admin();
        let unit = |name| {
            guanxi_engine::read::get(
                &admin,
                &object(&admin, "department"),
                department(&admin, name),
            )
            .unwrap()
        };
        let (sales, east) = (unit("Sales"), unit("East"));
        assert_eq!(
            refusal(try_update(&admin, &sales, json!({"parent": east.id}))),
            "422 parent:ring"
        );
    });
}
