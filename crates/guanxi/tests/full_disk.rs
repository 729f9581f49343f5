//! A disk that is full: a clear answer, reading goes on, nothing is damaged, and writing goes on without a restart as
//! soon as there is room. The program runs as its users have it, on a small file system of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value as Json, json};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use ureq::http::{Request, Response};
use ureq::{Agent, Body};

const ADMINISTRATOR: &str = "administrator@example.com";
const PASSWORD: &str = "a long enough pass phrase";

/// A file system of 48 MB, gone with the test.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// `None` where nothing can be mounted.
    fn mount() -> Option<Disk> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=48m", "tmpfs"]);
        let mounted = mount.arg(folder.path()).stderr(Stdio::null()).status();
        mounted
            .is_ok_and(|status| status.success())
            .then_some(Disk { folder })
    }

    fn filler(&self) -> PathBuf {
        self.folder.path().join("filler")
    }

    /// Not a byte is left.
    fn fill(&self) {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.filler())
            .unwrap();
        for piece in [1 << 20, 4 << 10, 1] {
            while file.write(&vec![7; piece]).is_ok_and(|written| written > 0) {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("-l")
            .arg(self.folder.path())
            .status();
    }
}

fn program(arguments: &[&str], input: &str) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = writeln!(child.stdin.take().unwrap(), "{input}");
    child.wait_with_output().unwrap()
}

fn told(arguments: &[&str], input: &str) -> String {
    let output = program(arguments, input);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

struct Served {
    child: Child,
    url: String,
    token: String,
    cookie: String,
    agent: Agent,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Reply {
    status: u16,
    kind: String,
    text: String,
}

impl Reply {
    fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    #[track_caller]
    fn is(self, status: u16) -> Reply {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

impl Served {
    fn start(database: &str, place: &Path) -> Served {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = port.local_addr().unwrap().to_string();
        drop(port);
        let token = [
            "token",
            "create",
            "--db",
            database,
            "--user",
            ADMINISTRATOR,
            "--name",
            "t",
        ];
        let token = told(&token, "");
        let log = File::create(place.join("serve.log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
        command.args(["serve", "--db", database, "--listen", &address]);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None);
        let mut served = Served {
            child,
            url: format!("http://{address}"),
            token,
            cookie: String::new(),
            agent: agent.build().new_agent(),
        };
        let since = Instant::now();
        while ureq::get(format!("{}/readyz", served.url)).call().is_err() {
            assert!(
                since.elapsed() < Duration::from_secs(60),
                "it does not start"
            );
            std::thread::sleep(Duration::from_millis(30));
        }
        served.log_in();
        served
    }

    fn log_in(&mut self) {
        let page = self.get("/login");
        let first = page.headers()["set-cookie"].to_str().unwrap().to_owned();
        self.cookie = first.split(';').next().unwrap().to_owned();
        let page = read(page).text;
        let form = format!(
            "email={ADMINISTRATOR}&password={}&next=%2F&_csrf={}",
            PASSWORD.replace(' ', "+"),
            between(&page, "name=\"_csrf\" value=\"")
        );
        let reply = self.form("/login", &form);
        assert_eq!(reply.status(), 303, "{}", read(reply).text);
        let cookies = reply.headers().get_all("set-cookie");
        let mut cookies = cookies.iter().map(|value| value.to_str().unwrap());
        let session =
            cookies.find(|value| value.starts_with("gx_session=") || value.contains("gx_session="));
        self.cookie = session.unwrap().split(';').next().unwrap().to_owned();
    }

    fn get(&self, path: &str) -> Response<Body> {
        let request = Request::get(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        self.agent.run(request.body(()).unwrap()).unwrap()
    }

    fn page(&self, path: &str) -> Reply {
        read(self.get(path))
    }

    fn form(&self, path: &str, form: &str) -> Response<Body> {
        let request = Request::post(format!("{}{path}", self.url))
            .header("cookie", &self.cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        self.agent
            .run(request.body(form.to_owned()).unwrap())
            .unwrap()
    }

    fn rest(&self, method: &str, path: &str, body: Option<Json>) -> Reply {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.send(method, path, ("application/json", body.into_bytes()))
    }

    fn send(&self, method: &str, path: &str, (kind, body): (&str, Vec<u8>)) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token));
        let sent = if body.is_empty() {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent
                .run(request.header("content-type", kind).body(body).unwrap())
        };
        read(sent.unwrap())
    }

    fn upload(&self, path: &str, fields: &[(&str, &str)], file: &[u8]) -> Reply {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        let part =
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.csv\"\r\n\r\n";
        body.extend_from_slice(part.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--b--\r\n");
        self.send("POST", path, ("multipart/form-data; boundary=b", body))
    }

    fn create(&self, name: &str, note: &str) -> Reply {
        let fields = json!({ "name": name, "description": note });
        self.rest("POST", "/records/customer", Some(fields))
    }
}

fn read(mut response: Response<Body>) -> Reply {
    let kind = response.headers().get("content-type");
    Reply {
        status: response.status().as_u16(),
        kind: kind.map_or_else(String::new, |kind| kind.to_str().unwrap().to_owned()),
        text: response.body_mut().read_to_string().unwrap(),
    }
}

fn between(page: &str, before: &str) -> String {
    let rest = page
        .split(before)
        .nth(1)
        .unwrap_or_else(|| panic!("no {before} in {page}"));
    rest.split('"').next().unwrap().to_owned()
}

#[track_caller]
fn says_that_the_disk_is_full(reply: &Reply) {
    assert_eq!(reply.status, 507, "{}", reply.text);
    assert_eq!(reply.kind, "application/problem+json", "{}", reply.text);
    let problem = reply.json();
    assert_eq!(problem["type"], "urn:guanxi:problem:full");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|detail| !detail.is_empty())
    );
}

#[test]
fn a_full_disk_stops_writing_and_nothing_else() {
    let Some(disk) = Disk::mount() else {
        eprintln!("skipped: no file system can be mounted here");
        return;
    };
    let elsewhere = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", disk.folder.path().join("g.db").display());
    let init = ["init", "--db", &database, "--admin", ADMINISTRATOR];
    told(&init, PASSWORD);
    let served = Served::start(&database, elsewhere.path());
    let id = id_of(&served.create("合肥锅炉", "before").is(201));
    let page = served.page("/customer/new").is(200).text;
    let csrf = between(&page, "name=\"_csrf\" value=\"");
    served.rest("GET", SEARCH, None).is(200);
    disk.fill();
    let mut taken = fill_up(&served);
    disk.fill();
    rest_is_refused(&served, &id);
    pages_are_refused(&served, &csrf);
    reading_goes_on(&served, &id);
    disk.make_room();
    taken.push(id_of(&served.create("after", "there is room").is(201)));
    writing_goes_on(&served, &id);
    for id in &taken {
        let path = format!("/records/customer/{id}");
        served.rest("GET", &path, None).is(200);
    }
    let doctor = program(&["doctor", "--deep", "--json", "--db", &database], "");
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert!(doctor.status.success(), "{said}");
}

/// For 锅炉.
const SEARCH: &str = "/search?q=%E9%94%85%E7%82%89";

fn note() -> String {
    "long ".repeat(3_900)
}

fn id_of(reply: &Reply) -> String {
    reply.json()["id"].as_str().unwrap().to_owned()
}

/// What the log still had room for is taken, and has to be there afterwards.
fn fill_up(served: &Served) -> Vec<String> {
    let mut taken = Vec::new();
    for number in 0..2_000 {
        let reply = served.create(&format!("taken {number}"), &note());
        if reply.status != 201 {
            says_that_the_disk_is_full(&reply);
            return taken;
        }
        taken.push(id_of(&reply));
    }
    panic!("the disk is not full");
}

fn rest_is_refused(served: &Served, id: &str) {
    let record = format!("/records/customer/{id}");
    let patch = served.rest("PATCH", &record, Some(json!({ "description": note() })));
    says_that_the_disk_is_full(&patch);
    let operation = json!({ "op": "create", "fields": { "name": "N", "description": note() } });
    let batch = |mode: &str| {
        let body = json!({ "mode": mode, "operations": [operation.clone(), operation.clone()] });
        served.rest("POST", "/records/customer/batch", Some(body))
    };
    says_that_the_disk_is_full(&batch("atomic"));
    let each = batch("each").json();
    assert_eq!(each["results"][0]["error"]["status"], 507, "{each}");
    let fields = [("object", "customer"), ("record", id)];
    says_that_the_disk_is_full(&served.upload("/files", &fields, &vec![7; 1 << 20]));
    let rows = format!(
        "name,description\n{}",
        format!("row,{}\n", note()).repeat(30)
    );
    let fields = [("object", "customer"), ("mode", "create")];
    says_that_the_disk_is_full(&served.upload("/imports", &fields, rows.as_bytes()));
}

fn pages_are_refused(served: &Served, csrf: &str) {
    let note = note().replace(' ', "+");
    let form = format!("name=Paper&description={note}&_csrf={csrf}");
    let page = read(served.form("/customer/new", &form));
    assert_eq!(page.status, 507, "{}", page.text);
    assert!(page.kind.starts_with("text/html"), "{}", page.kind);
    assert!(page.text.contains("507"), "{}", page.text);
}

fn reading_goes_on(served: &Served, id: &str) {
    let record = format!("/records/customer/{id}");
    for path in [record.as_str(), "/records/customer?sort=name", SEARCH] {
        let reply = served.rest("GET", path, None).is(200);
        assert!(reply.text.contains("合肥锅炉"), "{path}: {}", reply.text);
    }
    let history = format!("{record}/history");
    served.rest("GET", &history, None).is(200);
    for path in ["/", "/customer", &format!("/customer/{id}"), SEARCH] {
        served.page(path).is(200);
    }
}

fn writing_goes_on(served: &Served, id: &str) {
    let record = format!("/records/customer/{id}");
    let patch = json!({ "description": "after" });
    served.rest("PATCH", &record, Some(patch)).is(200);
    let fields = [("object", "customer"), ("record", id)];
    served.upload("/files", &fields, &vec![7; 1 << 20]).is(201);
    let fields = [("object", "customer"), ("mode", "create")];
    let import = served.upload("/imports", &fields, b"name\nimported afterwards\n");
    let path = format!("/imports/{}", id_of(&import.is(202)));
    let since = Instant::now();
    while served.rest("GET", &path, None).json()["state"] != "done" {
        assert!(since.elapsed() < Duration::from_secs(60), "it does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    let hits = served.rest("GET", "/search?q=afterwards", None).is(200);
    assert!(hits.text.contains("imported afterwards"), "{}", hits.text);
}
