//! Who may do what with which rows, by which door: the whole of it in a file that reviewers read.
//!
//! `matrix.txt` is written anew with `UPDATE=1`. For each role and object it tells, per action, with whose rows it may
//! be done: `o` the person's own, `t` of a colleague of the same department, `b` of a department below, `x` of another
//! department, `p` of the pool. Every door must show exactly what `read` says; what it does not show must be 404 there.

use crate::routes::concrete;
use crate::{alone_on_each, keys};
use guanxi_access::Action;
use guanxi_engine::{events, export};
use guanxi_store::StoreExt;
use guanxi_testkit::app::{Caller, TestApp};
use guanxi_testkit::{Backend, object};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

const ROLES: [&str; 5] = [
    "administrator",
    "manager",
    "salesperson",
    "service",
    "read_only",
];
const OBJECTS: [&str; 14] = [
    "customer",
    "contact",
    "related_party",
    "lead",
    "opportunity",
    "competitor",
    "task",
    "call",
    "meeting",
    "visit",
    "note",
    "product",
    "gadget",
    "user",
];
/// Where a row stands, seen from the person whose turn it is.
const STANDINGS: [char; 5] = ['o', 't', 'b', 'x', 'p'];
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/matrix.txt");

#[test]
fn the_matrix_is_the_committed_one() {
    alone_on_each(|app| {
        app.admin().object("gadget", json!([]));
        is_complete(app);
        app.join("mate", "salesperson", "Sales/East");
        app.join("below", "salesperson", "Sales/East/North");
        app.join("other", "salesperson", "Sales/West");
        let known = std::fs::read_to_string(FILE).unwrap_or_default();
        // Rights are the same code on both databases; PostgreSQL is asked about one object of each sort.
        if app.backend == Backend::Postgres {
            return sample(app, &known);
        }
        let mut text = String::from(HEAD);
        for role in ROLES {
            app.join(&format!("m_{role}"), role, "Sales/East");
            writeln!(text, "\n{role}").unwrap();
            for object in OBJECTS {
                text.push_str(&Subject { app, role, object }.line());
            }
            writeln!(text, "    closed: {}", closed(app, role)).unwrap();
        }
        if std::env::var("UPDATE").is_ok() {
            std::fs::write(FILE, &text).unwrap();
        } else {
            assert!(
                text == known,
                "matrix.txt is not what holds; UPDATE=1 writes it anew:\n{}",
                differences(&known, &text)
            );
        }
    });
}

fn sample(app: &TestApp, known: &str) {
    for role in ["manager", "salesperson"] {
        app.join(&format!("m_{role}"), role, "Sales/East");
        let of_role = known
            .split(&format!("\n{role}\n"))
            .nth(1)
            .unwrap_or_default();
        for object in ["customer", "contact", "product", "task"] {
            let line = Subject { app, role, object }.line();
            assert!(of_role.contains(&line), "{role}:\n{line}");
        }
        let closed = format!("    closed: {}\n", closed(app, role));
        assert!(of_role.contains(&closed), "{role}:\n{closed}");
    }
}

/// The routes that are closed to a role whatever the rows: all that read, and those that set something going again.
fn closed(app: &TestApp, role: &str) -> String {
    let me = app.caller(&format!("m_{role}"));
    let again = |path: &str| path.ends_with("/retry") || path.ends_with("/replay");
    let closed: Vec<String> = guanxi_api::ROUTES
        .iter()
        // A stream has no end to wait for; live events are a door of their own.
        .filter(|(method, path)| (*method == "GET" && !path.ends_with("/events")) || again(path))
        .filter(|(method, path)| {
            let reply = me.request(method, &concrete(path)).json(json!({})).send();
            reply.status == 403
        })
        .map(|(method, path)| format!("{method} {}", path.trim_start_matches("/api/v1")))
        .collect();
    if closed.is_empty() {
        return "-".to_owned();
    }
    closed.join(", ")
}

const HEAD: &str = "\
# With whose rows each role may do what: o own, t same department, b department below, x another department, p pool.
# Doors that show what `read` shows and nothing else: record, list, filter, count, search, history, timeline, related,
# explanation, the past (as_of), files, live events, expanded links, new links, and which rows an import finds. The
# pages' doors are held to this file by crates/web/tests/site/doors.rs. What is closed to a role whatever the rows stands
# below it. Written by the test of the same name with UPDATE=1.
#   object          create read   update delete export   fields that are hidden (!) or only read
";

fn differences(known: &str, now: &str) -> String {
    let gone = known
        .lines()
        .filter(|line| !now.contains(line))
        .map(|line| format!("- {line}\n"));
    let new = now
        .lines()
        .filter(|line| !known.contains(line))
        .map(|line| format!("+ {line}\n"));
    gone.chain(new).collect()
}

struct Subject<'a> {
    app: &'a TestApp,
    role: &'a str,
    object: &'a str,
}

impl Subject<'_> {
    fn line(&self) -> String {
        let (admin, me) = (self.app.admin(), self.me());
        let rows: Vec<(char, String)> = self
            .standings()
            .map(|at| (at, self.row(&admin, at)))
            .collect();
        let read: String = rows
            .iter()
            .filter(|(_, id)| me.read(self.object, id).status == 200)
            .map(|(at, _)| *at)
            .collect();
        for (at, id) in &rows {
            self.doors(*at, id, read.contains(*at));
        }
        let create: String = self.standings().filter(|at| self.creates(*at)).collect();
        let export = self.exported(&rows);
        let imported = self.imported(&rows, &read);
        let update = self.acts(&rows, &read, "PATCH");
        assert!(
            imported.is_none_or(|imported| imported == update),
            "{} {}: an import changes what may be changed",
            self.role,
            self.object
        );
        let delete = self.acts(&rows, &read, "DELETE");
        let columns = [create, read, update, delete, export].map(|letters| {
            if letters.is_empty() {
                "-".to_owned()
            } else {
                letters
            }
        });
        format!(
            "    {:<15} {:<6} {:<6} {:<6} {:<6} {:<8} {}",
            self.object,
            columns[0],
            columns[1],
            columns[2],
            columns[3],
            columns[4],
            self.fields()
        )
        .trim_end()
        .to_owned()
            + "\n"
    }

    fn me(&self) -> Caller<'_> {
        self.app.caller(&format!("m_{}", self.role))
    }

    /// People are no rows of the pool.
    fn standings(&self) -> impl Iterator<Item = char> + '_ {
        STANDINGS
            .into_iter()
            .filter(|at| self.object != "user" || *at != 'p')
    }

    fn owner(&self, at: char) -> Json {
        match at {
            'o' => json!(self.app.id_of(&format!("m_{}", self.role))),
            't' => json!(self.app.id_of("mate")),
            'b' => json!(self.app.id_of("below")),
            'x' => json!(self.app.id_of("other")),
            _ => Json::Null,
        }
    }

    /// A word that search finds, of this row alone.
    fn name(&self, at: char) -> String {
        format!(
            "Mx{}{}{at}",
            self.role.replace('_', ""),
            self.object.replace('_', "")
        )
    }

    fn title(&self) -> &'static str {
        if ["task", "call", "meeting", "visit", "note"].contains(&self.object) {
            "subject"
        } else {
            "name"
        }
    }

    fn fields_of(&self, caller: &Caller, at: char, name: &str) -> Json {
        let mut fields = json!({self.title(): name, "owner": self.owner(at)});
        if ["contact", "related_party"].contains(&self.object) {
            let parent = self.app.admin().create(
                "customer",
                json!({"name": "parent", "owner": self.owner(at)}),
            );
            fields["customer"] = json!(parent);
        }
        if self.object == "related_party" {
            let related = caller.create(
                "customer",
                json!({"name": "related", "owner": self.owner('o')}),
            );
            fields["related"] = json!(related);
        }
        fields
    }

    fn row(&self, admin: &Caller, at: char) -> String {
        if self.object == "user" {
            let address = format!("u{at}_{}", self.role.replace('_', ""));
            if at == 'o' {
                return self.app.id_of(&format!("m_{}", self.role));
            }
            let department = match at {
                't' => "Sales/East",
                'b' => "Sales/East/North",
                _ => "Sales/West",
            };
            self.app.join(&address, "salesperson", department);
            return self.app.id_of(&address);
        }
        admin.create(self.object, self.fields_of(admin, at, &self.name(at)))
    }

    /// Each door shows the row, or does not know it.
    fn doors(&self, at: char, id: &str, seen: bool) {
        let (app, object) = (self.app, self.object);
        let (admin, me) = (app.admin(), self.me());
        let is = |door: &str, shown: bool| {
            assert_eq!(shown, seen, "{} {object} {at}: {door}", self.role)
        };
        let path = format!("/records/{object}/{id}");
        for door in [
            "/history",
            "/timeline",
            "/explanation",
            "/files",
            "/related/task",
            "?as_of=2030-01-01T00:00:00Z",
        ] {
            // Tasks themselves may be what the role does not see.
            let reply = me.get(&format!("{path}{door}"));
            assert!([200, 404].contains(&reply.status), "{door}: {}", reply.text);
            is(door, reply.status == 200);
        }
        let (ctx, row) = (
            app.test.person(&format!("m_{}", self.role)),
            id.parse().unwrap(),
        );
        let shape = guanxi_testkit::object(&ctx, object);
        let log = app
            .test
            .engine
            .store()
            .look(|view| view.log_of(&shape.table, row, None, 9));
        is(
            "events",
            !events::admitted(&ctx, &log.unwrap()).unwrap().is_empty(),
        );
        if object != "user" {
            let name = self.name(at);
            let filter = format!("{} = \"{name}\"", self.title());
            let page = me.ask(
                &format!("/records/{object}"),
                &[("filter", &filter), ("count", "exact")],
            );
            is("list", page.status == 200 && page.rows().len() == 1);
            is("count", page.status == 200 && page["count"]["value"] == 1);
            let hits = me.ask("/search", &[("q", &name)]).expect(200);
            is("search", hits.rows().iter().any(|hit| hit["id"] == id));
        }
        let about = json!({"object": object, "id": id});
        let linking = admin.create(
            "task",
            json!({"subject": "m", "about": about, "owner": self.owner('o')}),
        );
        let expanded = me
            .ask(&format!("/records/task/{linking}"), &[("expand", "about")])
            .expect(200);
        is("expand", expanded.json.get("expand").is_some());
        let linked = me.post("/records/task", json!({"subject": "m", "about": about}));
        if linked.status != 403 {
            is("link", linked.status == 201);
        }
    }

    fn creates(&self, at: char) -> bool {
        let fields = match (self.object, at) {
            ("user", 'o') => {
                json!({"name": "new", "email": format!("new.{}@example.com", self.role)})
            }
            ("user", _) => return false,
            _ => self.fields_of(&self.app.admin(), at, "made"),
        };
        let reply = self.me().post(&format!("/records/{}", self.object), fields);
        assert!([201, 403, 422].contains(&reply.status), "{}", reply.text);
        reply.status == 201
    }

    /// Allowed, or 403 where the row is seen and 404 where it is not.
    fn acts(&self, rows: &[(char, String)], read: &str, method: &str) -> String {
        let mut done = String::new();
        for (at, id) in rows {
            let field = if self.object == "user" {
                "title"
            } else {
                self.title()
            };
            if method == "DELETE" && self.object == "user" && *at == 'o' {
                continue;
            }
            let call = self
                .me()
                .request(method, &format!("/records/{}/{id}", self.object));
            let reply = if method == "PATCH" {
                call.json(json!({field: "changed"})).send()
            } else {
                call.send()
            };
            match reply.status {
                200 | 204 => done.push(*at),
                status => assert_eq!(
                    status,
                    if read.contains(*at) { 403 } else { 404 },
                    "{} {} {at} {method}",
                    self.role,
                    self.object
                ),
            }
        }
        done
    }

    /// What a file that the person takes away holds.
    fn exported(&self, rows: &[(char, String)]) -> String {
        let ctx = self.app.test.person(&format!("m_{}", self.role));
        let request = export::Request {
            format: export::Format::Json,
            ..export::Request::default()
        };
        let mut file = Vec::new();
        let ran = export::run(&ctx, &object(&ctx, self.object), &request, &mut file);
        // Another row may lead to it by its id; that is not the row itself.
        let taken: Vec<Json> = serde_json::from_slice(&file).unwrap_or_default();
        let held = rows
            .iter()
            .filter(|(_, id)| ran.is_ok() && taken.iter().any(|row| row["id"] == id.as_str()));
        held.map(|(at, _)| *at).collect()
    }

    /// Which rows an import finds by their names and would change; of the others it tells what it tells of a name that
    /// nobody has. `None` where names don't tell one row from another.
    fn imported(&self, rows: &[(char, String)], read: &str) -> Option<String> {
        if self.object == "user" {
            return None;
        }
        let me = self.me();
        let names = rows.iter().map(|(at, _)| self.name(*at));
        let text = format!(
            "{}\n{}\nNobody\n",
            self.title(),
            names.collect::<Vec<_>>().join("\n")
        );
        let members = [
            ("object", self.object),
            ("mode", "update"),
            ("match", self.title()),
            ("dry_run", "true"),
        ];
        let begun = me
            .request("POST", "/imports")
            .form(&members, ("m.csv", text.as_bytes()))
            .send();
        if begun.status == 403 {
            return Some(String::new());
        }
        let path = format!("/imports/{}", begun.expect(202).id());
        while me.get(&path).expect(200)["state"] == "running" {
            std::thread::yield_now();
        }
        let failed = me.get(&format!("{path}/failed.csv")).text;
        let told = |name: &str| {
            let line = failed
                .lines()
                .find(|line| line.starts_with(&format!("{name},")));
            line.map(|line| line.replace(name, "Nobody"))
        };
        let nobody = told("Nobody");
        assert!(nobody.is_some(), "{failed}");
        for (at, _) in rows.iter().filter(|(at, _)| !read.contains(*at)) {
            assert_eq!(
                told(&self.name(*at)),
                nobody,
                "{} {} {at}: import",
                self.role,
                self.object
            );
        }
        let found = rows
            .iter()
            .filter(|(at, _)| told(&self.name(*at)).is_none());
        Some(found.map(|(at, _)| *at).collect())
    }

    fn fields(&self) -> String {
        let ctx = self.app.test.person(&format!("m_{}", self.role));
        let object = object(&ctx, self.object);
        let (read, update) = (
            ctx.grant(&object, Action::Read),
            ctx.grant(&object, Action::Update),
        );
        let described = self
            .me()
            .get(&format!("/meta/objects/{}", self.object))
            .expect(200);
        let shown: Vec<String> = described["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field["name"].as_str().unwrap().to_owned())
            .collect();
        let words = object.fields.iter().enumerate().filter_map(|(at, field)| {
            assert_eq!(
                shown.contains(&field.name),
                read.may_read(at),
                "{} is described as it is read",
                field.name
            );
            match (read.may_read(at), update.may_write(at)) {
                (false, _) => Some(format!("!{}", field.name)),
                (true, false) => Some(field.name.clone()),
                (true, true) => None,
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// What the core declares and this file leaves out would be tried by nobody.
fn is_complete(app: &TestApp) {
    let objects = app.admin().get("/meta/objects").expect(200);
    let names = objects
        .rows()
        .iter()
        .map(|object| object["name"].as_str().unwrap().to_owned());
    let missing: Vec<String> = names
        .filter(|name| name != "department" && !OBJECTS.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let roles = app.admin().get("/meta/roles").expect(200);
    assert_eq!(
        roles.rows().len(),
        ROLES.len(),
        "{:?}",
        roles.rows().iter().map(keys).collect::<Vec<_>>()
    );
}
