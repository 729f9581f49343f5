//! Imports: what a file's rows become, under whose rights, and how it is taken back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guanxi_engine::import::{self, Mapping, Mode, Request, Run, State, Status};
use guanxi_engine::read::list::{ListRequest, list};
use guanxi_engine::{Context, EngineError, Record, export, jobs};
use guanxi_testkit::{Backend, TestEngine, create, engine, object, update};
use serde_json::json;

fn each(check: fn(&TestEngine)) {
    for backend in Backend::all() {
        check(&engine(backend));
    }
}

fn request(object: &str, mapping: &str) -> Request {
    Request {
        object: object.to_owned(),
        mapping: Mapping::parse(mapping).unwrap(),
        mode: None,
        match_fields: Vec::new(),
        run: Run::Write,
    }
}

fn try_import(ctx: &Context, csv: &str, request: &Request) -> Result<Status, EngineError> {
    let id = import::receive(ctx, "test.csv", &mut csv.as_bytes())?;
    import::run_now(ctx, id, request, &mut |_| {})
}

fn import(ctx: &Context, csv: &str, request: &Request) -> Status {
    let status = try_import(ctx, csv, request).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(status.state, State::Done, "{:?}", status.outcome);
    status
}

fn all(ctx: &Context, name: &str) -> Vec<Record> {
    let request = ListRequest {
        limit: Some(500),
        sort: "created_at".to_owned(),
        ..ListRequest::default()
    };
    list(ctx, &object(ctx, name), &request).unwrap().records
}

fn named(ctx: &Context, object: &str, name: &str) -> Record {
    let found: Vec<Record> = all(ctx, object)
        .into_iter()
        .filter(|record| record.title() == name)
        .collect();
    assert_eq!(found.len(), 1, "{name}");
    found[0].clone()
}

fn counts(status: &Status) -> (u64, u64, u64, u64) {
    (status.rows, status.created, status.updated, status.failed)
}

fn failed_csv(ctx: &Context, status: &Status) -> String {
    let mut out = Vec::new();
    import::failed_rows(ctx, status.id, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const CUSTOMERS: &str = "mode = \"upsert\"\nmatch = [\"external_id\"]\n[columns.id]\nfield = \"external_id\"\n\
    [columns.name]\nfield = \"name\"\n[columns.phone]\nfield = \"phone\"\n[columns.level]\nfield = \"level\"\n";

#[test]
fn good_rows_go_on_and_bad_ones_come_back_as_a_file() {
    each(|test| {
        let ctx = test.salesperson();
        let csv = "id,name,phone,level\n1,合肥锅炉,0551-62345678,key\n2,,0551-1,key\n3,=cmd,abc,\n\n4,Acme,+86 131 2090 6766,重点\n";
        let status = import(&ctx, csv, &request("customer", CUSTOMERS));
        assert_eq!(counts(&status), (4, 2, 0, 2), "{:?}", status.outcome.errors);
        let lines: Vec<u64> = status
            .outcome
            .errors
            .iter()
            .map(|error| error.line)
            .collect();
        assert!(lines.contains(&3) && lines.contains(&4), "{lines:?}");
        let failed = failed_csv(&ctx, &status);
        assert!(failed.starts_with("id,name,phone,level,"), "{failed}");
        assert!(failed.contains("\n3,'=cmd,abc,,phone,"), "{failed}");
        let acme = named(&ctx, "customer", "Acme");
        assert_eq!(acme.owner, ctx.actor.seq());
        // The mended file goes in again, and finds what is there.
        let mended = "id,name,phone,level\n1,合肥锅炉,0551-62345679,key\n3,'=cmd,,\n";
        let status = import(&ctx, mended, &request("customer", CUSTOMERS));
        assert_eq!(counts(&status), (2, 1, 1, 0), "{:?}", status.outcome.errors);
        assert_eq!(named(&ctx, "customer", "=cmd").title(), "=cmd");
    });
}

#[test]
fn a_trial_finds_what_is_wrong_and_writes_nothing() {
    each(|test| {
        let ctx = test.salesperson();
        let csv = "id,name,phone,level\n1,A,,\n2,B,,nonsense\n1,A again,,\n";
        let dry = Request {
            run: Run::Dry,
            ..request("customer", CUSTOMERS)
        };
        let status = import(&ctx, csv, &dry);
        assert_eq!(counts(&status), (3, 1, 1, 1), "{:?}", status.outcome.errors);
        assert!(all(&ctx, "customer").is_empty());
        // The same file, now in earnest; once.
        let again = import::run_now(
            &ctx,
            status.id,
            &request("customer", CUSTOMERS),
            &mut |_| {},
        )
        .unwrap();
        assert_eq!(
            (counts(&again), all(&ctx, "customer").len()),
            ((3, 1, 1, 1), 1)
        );
        assert_eq!(failed_csv(&ctx, &again).lines().count(), 2);
        let third = import::run_now(
            &ctx,
            status.id,
            &request("customer", CUSTOMERS),
            &mut |_| {},
        );
        assert!(matches!(third, Err(EngineError::Taken(..))));
        let status = import(&ctx, csv, &dry);
        assert!(matches!(
            import::undo_now(&ctx, status.id, &mut |_| {}),
            Err(EngineError::Taken(..))
        ));
    });
}

#[test]
fn a_mapping_is_refused_as_a_whole_with_all_that_is_wrong() {
    each(|test| {
        let ctx = test.salesperson();
        let mapping = "mode = \"upsert\"\nmatch = [\"website\"]\n[columns.nam]\nfield = \"name\"\n[columns.phone]\nfield = \"phon\"\n\
            [columns.level]\nfield = \"open_amount\"\n[columns.id]\nfield = \"last_contact_at\"\n";
        let Err(EngineError::Invalid(errors)) = try_import(
            &ctx,
            "id,name,phone,level\n1,A,,\n",
            &request("customer", mapping),
        ) else {
            panic!("taken")
        };
        let mut codes: Vec<&str> = errors.iter().map(|error| error.fault.code).collect();
        codes.sort_unstable();
        let wanted = [
            "column_not_named",
            "match_not_mapped",
            "not_indexed",
            "read_only",
            "read_only",
            "required_not_mapped",
            "unknown_column",
            "unknown_field",
        ];
        assert_eq!(codes, wanted);
        let near = errors
            .iter()
            .find(|error| error.fault.code == "unknown_field")
            .unwrap();
        assert!(near.fault.args.contains(&("near", "phone".to_owned())));
    });
}

#[test]
fn what_the_caller_may_not_see_is_neither_matched_nor_linked() {
    each(|test| {
        let stranger = test.stranger();
        create(
            &stranger,
            "customer",
            json!({ "name": "Hidden", "external_id": "1" }),
        );
        let ctx = test.salesperson();
        // The same key makes a record of one's own: to be refused would tell that there is another.
        let status = import(
            &ctx,
            "id,name,phone,level\n1,Mine,,\n",
            &request("customer", CUSTOMERS),
        );
        assert_eq!(counts(&status), (1, 1, 0, 0));
        let link = "[columns.name]\nfield = \"name\"\n[columns.customer]\nfield = \"customer\"\nby = \"name\"\n";
        let status = import(
            &ctx,
            "name,customer\na,Hidden\nb,Nobody\nc,Mine\n",
            &request("opportunity", link),
        );
        assert_eq!(counts(&status), (3, 1, 0, 2));
        let errors = &status.outcome.errors;
        assert_eq!(
            errors[0].message,
            errors[1].message.replace("Nobody", "Hidden")
        );
        // Giving rows to somebody else is not the salesperson's.
        let give = "[columns.name]\nfield = \"name\"\n[columns.owner]\nfield = \"owner\"\n";
        let status = import(
            &ctx,
            "name,owner\nx,Stan Stranger\ny,Sam Sales\n",
            &request("customer", give),
        );
        assert_eq!(counts(&status), (2, 1, 0, 1));
        assert!(matches!(
            try_import(
                &test.reader(),
                "name\nx\n",
                &request("customer", "[columns.name]\nfield = \"name\"\n")
            ),
            Err(EngineError::Forbidden(_))
        ));
        // An import is its maker's own.
        assert!(matches!(
            import::status(&stranger, status.id),
            Err(EngineError::NotFound)
        ));
    });
}

#[test]
fn undo_removes_what_was_made_and_restores_what_still_stands() {
    each(|test| {
        let ctx = test.salesperson();
        let one = create(
            &ctx,
            "customer",
            json!({ "name": "One", "external_id": "1", "phone": "0551-1111111" }),
        );
        let two = create(
            &ctx,
            "customer",
            json!({ "name": "Two", "external_id": "2" }),
        );
        let csv = "id,name,phone,level\n1,One!,0551-2222222,key\n2,Two!,,key\n3,Three,,\n1,One!!,,normal\n";
        let status = import(&ctx, csv, &request("customer", CUSTOMERS));
        assert_eq!(counts(&status), (4, 1, 3, 0), "{:?}", status.outcome.errors);
        let two = update(
            &ctx,
            &guanxi_testkit::again(&ctx, &two),
            json!({ "level": "watch" }),
        );
        let undone = import::undo_now(&ctx, status.id, &mut |_| {}).unwrap();
        assert_eq!(undone.state, State::Undone, "{:?}", undone.outcome.message);
        let undo = undone.outcome.undo.unwrap();
        assert_eq!(
            (undo.removed, undo.restored, undo.kept),
            (1, 4, 1),
            "{undo:?}"
        );
        let one = guanxi_testkit::again(&ctx, &one);
        assert_eq!(one.title(), "One");
        assert_eq!(
            one.field_json(one.object.position("phone").unwrap()),
            json!("0551-1111111")
        );
        assert!(one.get("level").is_null());
        let two = guanxi_testkit::again(&ctx, &two);
        assert_eq!(
            (two.title(), two.get("level").text()),
            ("Two".to_owned(), Some("watch"))
        );
        assert_eq!(undo.left[0].id, two.id);
        assert_eq!(all(&ctx, "customer").len(), 2);
        assert!(matches!(
            import::undo_now(&ctx, status.id, &mut |_| {}),
            Err(EngineError::Taken(..))
        ));
    });
}

#[test]
fn parents_further_down_are_made_and_filled_later() {
    each(|test| {
        let ctx = test.admin();
        let mapping = "mode = \"upsert\"\nmatch = [\"name\"]\n[columns.account]\nfield = \"name\"\n[columns.above]\n\
            field = \"parent\"\nby = \"name\"\nmissing = \"create\"\n[columns.size]\nfield = \"employees\"\n[columns.money]\n\
            field = \"annual_revenue\"\nfactor = 1000000\ndecimal = \",\"\n";
        let csv =
            "account;above;size;money\nChild;Parent;5;1.100,04\nParent;;50;\nOther;Parent;;\n";
        let status = import(&ctx, csv, &request("customer", mapping));
        assert_eq!(counts(&status), (3, 2, 1, 0), "{:?}", status.outcome.errors);
        let parent = named(&ctx, "customer", "Parent");
        let child = named(&ctx, "customer", "Child");
        assert_eq!(child.get("parent").id(), Some(parent.id));
        let at = child.object.position("annual_revenue").unwrap();
        assert_eq!(child.field_json(at)["amount"], json!("1100040000.00"));
    });
}

#[test]
fn authors_and_dates_are_kept_and_signed_by_those_who_answer_for_it() {
    each(|test| {
        let mapping = "date_format = \"%m/%d/%Y\"\n[columns.name]\nfield = \"name\"\n[columns.day]\nfield = [\"close_date\", \"created_at\"]\n\
            [columns.by]\nfield = \"created_by\"\n";
        let csv = "name,day,by\nOld,3/1/2017,Sam Sales\n";
        let ctx = test.admin();
        import(&ctx, csv, &request("opportunity", mapping));
        let old = named(&ctx, "opportunity", "Old");
        assert_eq!(
            guanxi_engine::record::instant(old.created_at),
            json!("2017-02-28T16:00:00Z")
        );
        assert_eq!(old.created_by, test.salesperson().actor.seq());
        assert!(try_import(&test.salesperson(), csv, &request("opportunity", mapping)).is_err());
    });
}

#[test]
fn a_mapping_is_suggested_and_remembered() {
    each(|test| {
        let ctx = test.salesperson();
        let csv = "客户名称,手机,负责人,内部编码\n合肥锅炉,13120906766,Sam Sales,x\n";
        let customer = object(&ctx, "customer");
        let id = import::receive(&ctx, "客户.csv", &mut csv.as_bytes()).unwrap();
        let preview = import::preview(&ctx, id, &customer, None).unwrap();
        assert_eq!(preview.unmapped, ["内部编码"]);
        assert!(!preview.remembered);
        assert_eq!(preview.kinds[1], "phone");
        let mut mapping = preview.mapping.clone();
        mapping.columns.insert(
            "内部编码".to_owned(),
            serde_json::from_value(json!({ "field": "external_id" })).unwrap(),
        );
        let wanted = Request {
            mapping,
            ..request("customer", "")
        };
        let status = import::run_now(&ctx, id, &wanted, &mut |_| {}).unwrap();
        assert_eq!(counts(&status), (1, 1, 0, 0), "{:?}", status.outcome);
        let id = import::receive(&ctx, "客户2.csv", &mut csv.as_bytes()).unwrap();
        let preview = import::preview(&ctx, id, &customer, None).unwrap();
        assert!(
            preview.remembered && preview.unmapped.is_empty(),
            "{preview:?}"
        );
    });
}

#[test]
fn duplicates_are_told_or_left_out() {
    each(|test| {
        let ctx = test.salesperson();
        create(&ctx, "customer", json!({ "name": "合肥锅炉" }));
        create(&test.stranger(), "customer", json!({ "name": "Hidden" }));
        let mapping = "[columns.name]\nfield = \"name\"\n";
        let csv = "name\n合肥锅炉\nHidden\nNew\n";
        let skip = format!("duplicates = \"skip\"\n{mapping}");
        let status = import(&ctx, csv, &request("customer", &skip));
        assert_eq!(
            (counts(&status), status.outcome.duplicates),
            ((3, 2, 0, 1), 1),
            "{:?}",
            status.outcome.errors
        );
        let status = import(&ctx, "name\n合肥锅炉\n", &request("customer", mapping));
        assert_eq!(
            (counts(&status), status.outcome.duplicates),
            ((1, 1, 0, 0), 1)
        );
    });
}

#[test]
fn an_import_goes_on_where_another_process_died() {
    for backend in Backend::all() {
        let test = engine(backend);
        let ctx = test.salesperson();
        let mut csv = "id,name,phone,level\n".to_owned();
        for at in 0..5_000 {
            csv.push_str(&format!("{at},Customer {at},,\n"));
        }
        let id = import::receive(&ctx, "big.csv", &mut csv.as_bytes()).unwrap();
        // It dies after the second transaction.
        let mut told = 0;
        let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            import::run_now(&ctx, id, &request("customer", CUSTOMERS), &mut |_| {
                told += 1;
                assert!(told < 2, "the process dies here");
            })
        }));
        assert!(died.is_err());
        let before = import::status(&ctx, id).unwrap();
        assert_eq!(before.state, State::Running);
        assert!(before.rows > 0 && before.rows < 5_000, "{}", before.rows);
        // Nobody takes over while the lease holds.
        assert_eq!(jobs::run_due(&test.engine).unwrap(), 0);
        test.clock.advance(120);
        assert_eq!(jobs::run_due(&test.engine).unwrap(), 1);
        let status = import::status(&ctx, id).unwrap();
        assert_eq!(
            (status.state, counts(&status)),
            (State::Done, (5_000, 5_000, 0, 0)),
            "{:?}",
            status.outcome.message
        );
        let count = guanxi_engine::read::list::count(
            &ctx,
            &object(&ctx, "customer"),
            &ListRequest {
                count: guanxi_engine::read::list::Counting::Exact,
                ..ListRequest::default()
            },
        )
        .unwrap();
        assert_eq!(count.value, 5_000);
    }
}

#[test]
fn what_is_exported_comes_back_unchanged() {
    each(|test| {
        let ctx = test.manager();
        let parent = create(&ctx, "customer", json!({ "name": "Parent, \"the\" one" }));
        create(
            &ctx,
            "customer",
            json!({ "name": "=1+1", "phone": "+86 551 62345678", "annual_revenue": { "amount": "-12.50", "currency": "USD" },
                "birthday": "1990-02-03", "parent": parent.id, "description": "two\nlines", "external_id": "'=x", "employees": 12 }),
        );
        for format in [export::Format::Csv, export::Format::Xlsx] {
            let fields = [
                "name",
                "phone",
                "annual_revenue",
                "birthday",
                "parent",
                "description",
                "external_id",
                "employees",
            ];
            let wanted = export::Request {
                filter: "birthday is not null"
                    .replace("birthday is not null", "not (birthday is null)"),
                fields: fields.map(str::to_owned).to_vec(),
                format,
                ..export::Request::default()
            };
            let mut out = Vec::new();
            assert_eq!(
                export::run(&ctx, &object(&ctx, "customer"), &wanted, &mut out).unwrap(),
                1
            );
            if format == export::Format::Csv {
                let text = String::from_utf8(out.clone()).unwrap();
                assert!(
                    text.contains("\n'=1+1,'+86 551 62345678,-12.50 USD,1990-02-03,"),
                    "{text}"
                );
            }
            let columns: String = fields
                .iter()
                .map(|name| format!("[columns.{name}]\nfield = \"{name}\"\n"))
                .collect();
            let back = request("customer", &format!("duplicates = \"create\"\n{columns}"));
            let id = import::receive(&ctx, "back", &mut out.as_slice()).unwrap();
            let status = import::run_now(&ctx, id, &back, &mut |_| {}).unwrap();
            assert_eq!(counts(&status), (1, 1, 0, 0), "{:?}", status.outcome);
            let pair: Vec<Record> = all(&ctx, "customer")
                .into_iter()
                .filter(|record| record.title() == "=1+1")
                .collect();
            assert_eq!(pair.len(), 2);
            for name in fields {
                assert_eq!(pair[0].get(name), pair[1].get(name), "{name} {format:?}");
            }
            import::undo_now(&ctx, id, &mut |_| {}).unwrap();
        }
    });
}

/// Read by the library's own reader: each value under its name, in its own type, and nothing where nothing is.
#[test]
fn parquet_keeps_every_type() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    each(|test| {
        let ctx = test.manager();
        create(
            &ctx,
            "customer",
            json!({ "name": "Columns", "annual_revenue": { "amount": "-12.50", "currency": "USD" },
                "birthday": "1990-02-03", "employees": 12, "description": "=1+1" }),
        );
        create(&ctx, "customer", json!({ "name": "Empty" }));
        let fields = [
            "name",
            "annual_revenue",
            "birthday",
            "employees",
            "description",
            "version",
            "phone",
        ];
        let wanted = export::Request {
            filter: "name in (\"Columns\", \"Empty\")".to_owned(),
            sort: "name".to_owned(),
            fields: fields.map(str::to_owned).to_vec(),
            format: export::Format::Parquet,
            ..export::Request::default()
        };
        let mut file = tempfile::tempfile().unwrap();
        let rows = export::run(&ctx, &object(&ctx, "customer"), &wanted, &mut file).unwrap();
        assert_eq!(rows, 2);
        let reader = SerializedFileReader::new(file).unwrap();
        let rows: Vec<Vec<String>> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| {
                let row = row.unwrap();
                let columns = row.get_column_iter();
                columns
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect()
            })
            .collect();
        assert_eq!(
            rows,
            [
                [
                    "name=\"Columns\"",
                    "annual_revenue=-12.5000",
                    "annual_revenue_currency=\"USD\"",
                    "birthday=1990-02-03",
                    "employees=12",
                    "description=\"=1+1\"",
                    "version=1",
                    "phone=null"
                ],
                [
                    "name=\"Empty\"",
                    "annual_revenue=null",
                    "annual_revenue_currency=null",
                    "birthday=null",
                    "employees=null",
                    "description=null",
                    "version=1",
                    "phone=null"
                ]
            ]
        );
    });
}

#[test]
fn an_export_is_bound_by_both_grants() {
    each(|test| {
        let sam = test.salesperson();
        create(
            &sam,
            "customer",
            json!({ "name": "Mine", "id_number": "1" }),
        );
        create(&test.stranger(), "customer", json!({ "name": "Hidden" }));
        let run = |ctx: &Context, request: &export::Request| {
            let mut out = Vec::new();
            let count = export::run(ctx, &object(ctx, "customer"), request, &mut out)?;
            Ok::<_, EngineError>((count, String::from_utf8(out).unwrap()))
        };
        let names = export::Request {
            fields: vec!["name".to_owned()],
            ..export::Request::default()
        };
        assert_eq!(run(&sam, &names).unwrap(), (1, "name\nMine\n".to_owned()));
        assert_eq!(
            run(
                &test.admin(),
                &export::Request {
                    sort: "-name".to_owned(),
                    ..names.clone()
                }
            )
            .unwrap()
            .1,
            "name\nMine\nHidden\n"
        );
        assert!(matches!(
            run(&test.reader(), &names),
            Err(EngineError::Forbidden("export"))
        ));
        assert!(matches!(
            run(&test.service(), &names),
            Err(EngineError::Forbidden("export"))
        ));
        let json = export::Request {
            format: export::Format::Json,
            ..names.clone()
        };
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&run(&sam, &json).unwrap().1).unwrap(),
            json!([{ "name": "Mine" }])
        );
        let unknown = export::Request {
            fields: vec!["nam".to_owned()],
            ..names
        };
        assert!(matches!(
            run(&sam, &unknown),
            Err(EngineError::BadRequest(_))
        ));
    });
}

#[test]
fn modes_keep_to_what_they_say() {
    each(|test| {
        let ctx = test.salesperson();
        create(
            &ctx,
            "customer",
            json!({ "name": "One", "external_id": "1" }),
        );
        let csv = "id,name,phone,level\n1,A,,\n2,B,,\n";
        let only = |mode: Mode| Request {
            mode: Some(mode),
            ..request("customer", CUSTOMERS)
        };
        assert_eq!(
            counts(&import(&ctx, csv, &only(Mode::Update))),
            (2, 0, 1, 1)
        );
        assert_eq!(
            counts(&import(&ctx, csv, &only(Mode::Create))),
            (2, 1, 0, 1)
        );
    });
}

/// On PostgreSQL followers of the log are held back while an older transaction is open; an undo is no follower.
#[test]
fn an_undo_takes_back_what_others_are_not_told_of_yet() {
    use guanxi_store::{StoreExt, Weight};
    for backend in Backend::all()
        .into_iter()
        .filter(|one| *one == Backend::Postgres)
    {
        let test = engine(backend);
        let ctx = test.salesperson();
        let other = test.elsewhere();
        let (begun, wait_begun) = std::sync::mpsc::channel();
        let (end, wait_end) = std::sync::mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let wait_end = std::sync::Mutex::new(wait_end);
            scope.spawn(move || {
                let held = other.store().change(Weight::Light, move |tx| {
                    // A number of its own, which the horizon waits for.
                    let row = vec![guanxi_meta::Cell::from("held"), guanxi_meta::Cell::Int(1)];
                    tx.insert("gx_counter", &["name", "value"], vec![row])?;
                    let _told = begun.send(());
                    let _ended = wait_end
                        .lock()
                        .unwrap()
                        .recv_timeout(std::time::Duration::from_secs(30));
                    Ok::<_, EngineError>(())
                });
                held.unwrap();
            });
            wait_begun.recv().unwrap();
            let done = import(
                &ctx,
                "name\nA\nB\nC\n",
                &request("customer", "[columns.name]\nfield = \"name\"\n"),
            );
            let undone = import::undo_now(&ctx, done.id, &mut |_| {}).unwrap();
            end.send(()).unwrap();
            assert_eq!(undone.state, State::Undone);
            assert_eq!(undone.outcome.undo.unwrap().removed, 3);
        });
        assert!(all(&ctx, "customer").is_empty());
    }
}
