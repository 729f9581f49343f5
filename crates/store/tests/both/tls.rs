//! Encrypted connections to a real PostgreSQL with a certificate of this test's own making.

use guanxi_store::{StoreError, open};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PASSWORD: &str = "a%20pass%20phrase";

/// A cluster that takes encrypted connections with a password, and no others.
struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    /// `None` where a program is missing.
    fn start() -> Option<Cluster> {
        let bin = programs()?;
        Command::new("openssl").arg("version").output().ok()?;
        let folder = std::env::temp_dir().join(format!("guanxi-tls-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        authority(&folder, "ca");
        authority(&folder, "other");
        signed(&folder);
        std::fs::write(folder.join("password"), "a pass phrase\n").unwrap();
        if is_root() {
            run(Command::new("chown").args(["-R", "postgres"]).arg(&folder));
        }
        let data = folder.join("data");
        let word = folder.join("password");
        run(owned(&bin.join("initdb"))
            .arg("-D")
            .arg(&data)
            .args([
                "-U",
                "postgres",
                "--auth=scram-sha-256",
                "--locale=C",
                "--encoding=UTF8",
            ])
            .arg(format!("--pwfile={}", word.display()))
            .arg("--no-sync"));
        let port = free_port();
        let rules =
            "hostssl all all 127.0.0.1/32 scram-sha-256\nhostssl all all ::1/128 scram-sha-256\n";
        run(owned(Path::new("tee"))
            .arg(data.join("pg_hba.conf"))
            .stdin(text(&folder, rules)));
        let settings = format!(
            "-c port={port} -c listen_addresses=localhost -c unix_socket_directories={0} -c fsync=off -c ssl=on \
             -c ssl_cert_file={0}/server.pem -c ssl_key_file={0}/server.key",
            folder.display()
        );
        run(owned(&bin.join("pg_ctl"))
            .arg("-D")
            .arg(&data)
            .arg("-l")
            .arg(folder.join("log"))
            .args(["-w", "-t", "60", "-o", &settings, "start"]));
        Some(Cluster { bin, folder, port })
    }

    fn url(&self, host: &str, password: &str, query: &str) -> String {
        let port = self.port;
        format!("postgres://postgres:{password}@{host}:{port}/postgres?schema=tls&{query}")
    }

    fn roots(&self, name: &str) -> String {
        format!("sslrootcert={}/{name}.pem", self.folder.display())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = owned(&self.bin.join("pg_ctl"));
        stop.arg("-D").arg(self.folder.join("data"));
        let _ = stop.args(["-m", "immediate", "-w", "stop"]).output();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// That nothing listens on at the moment.
fn free_port() -> u16 {
    let probe = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    probe.local_addr().unwrap().port()
}

fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let found = versions.flatten().map(|entry| entry.path().join("bin"));
    found.filter(|bin| bin.join("initdb").is_file()).max()
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.starts_with(b"0\n")
}

/// PostgreSQL refuses to be run by root.
fn owned(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    command
}

fn run(command: &mut Command) {
    // A pipe would stay open as long as the server.
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.unwrap().success(), "{command:?}");
}

fn text(folder: &Path, content: &str) -> Stdio {
    let path = folder.join("input");
    std::fs::write(&path, content).unwrap();
    Stdio::from(std::fs::File::open(path).unwrap())
}

fn openssl(folder: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    run(command.current_dir(folder).args(arguments.split(' ')));
}

fn authority(folder: &Path, name: &str) {
    openssl(
        folder,
        &format!(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem \
             -addext basicConstraints=critical,CA:TRUE"
        )
        .replace("             ", ""),
    );
}

/// For `localhost` alone.
fn signed(folder: &Path) {
    openssl(
        folder,
        "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
    );
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
    openssl(
        folder,
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
    );
    openssl(folder, "x509 -in server.pem -noout");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(folder.join("server.key"), mode).unwrap();
}

/// What the refusal says, without the password.
fn refused(url: &str) -> String {
    match open(url) {
        Ok(_) => panic!("{} is opened", guanxi_store::shown(url)),
        Err(StoreError::Unavailable(text)) => {
            let tells = ["phrase", "another", "%20"]
                .iter()
                .any(|word| text.contains(word));
            assert!(!tells, "{text}");
            text
        }
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn a_connection_is_as_safe_as_was_asked() {
    let Some(cluster) = Cluster::start() else {
        eprintln!("skipped: PostgreSQL's server programs or openssl are missing");
        return;
    };
    let (ours, other) = (cluster.roots("ca"), cluster.roots("other"));
    let opened = |host: &str, query: &str| {
        let url = cluster.url(host, PASSWORD, query);
        let store = open(&url).unwrap_or_else(|error| panic!("{host} {query}: {error}"));
        assert!(store.tables().is_ok());
    };
    opened("localhost", &format!("sslmode=verify-full&{ours}"));
    opened("127.0.0.1", &format!("sslmode=verify-ca&{ours}"));
    opened("127.0.0.1", &format!("sslmode=require&{ours}"));
    opened("127.0.0.1", "sslmode=require");
    opened("127.0.0.1", "sslmode=prefer");
    for (host, query) in [
        ("127.0.0.1", format!("sslmode=verify-full&{ours}")),
        ("localhost", format!("sslmode=verify-full&{other}")),
        ("localhost", format!("sslmode=verify-ca&{other}")),
        ("localhost", format!("sslmode=require&{other}")),
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=system".to_owned(),
        ),
    ] {
        let said = refused(&cluster.url(host, PASSWORD, &query));
        let names_it = ["certificate", "root"]
            .iter()
            .any(|word| said.contains(word));
        assert!(names_it, "{host} {query}: {said}");
    }
    // The server takes no plain connection, which shows that the others were none.
    refused(&cluster.url("127.0.0.1", PASSWORD, "sslmode=disable"));
    refused(&cluster.url("127.0.0.1", PASSWORD, "connect_timeout=5"));
    refused(&cluster.url(
        "localhost",
        "another%20pass",
        &format!("sslmode=verify-full&{ours}"),
    ));
    refused(&cluster.url(
        "localhost",
        PASSWORD,
        "sslmode=verify-full&sslrootcert=/nowhere.pem",
    ));
}

/// A server without certificates is enough for whoever only prefers them, and not for anybody else.
#[test]
fn a_plain_server_is_not_enough_for_whoever_asks_for_more() {
    let Some(url) = std::env::var("GUANXI_TEST_PG")
        .ok()
        .filter(|url| !url.is_empty())
    else {
        eprintln!("skipped: no PostgreSQL is given");
        return;
    };
    let mark = if url.contains('?') { '&' } else { '?' };
    let schema = format!("t{}", uuid::Uuid::now_v7().simple());
    let preferred = format!("{url}{mark}schema={schema}&sslmode=prefer");
    open(&preferred).unwrap_or_else(|error| panic!("{error}"));
    guanxi_store::postgres::drop_schema(&preferred).unwrap();
}
