//! The doors and the workers around one engine, from the first request to an orderly end.

use anyhow::Context as _;
use axum::Router;
use axum::extract::Request;
use axum::extract::connect_info::ConnectInfo;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use guanxi_engine::{Engine, EngineResult, events, jobs, publishing, search};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often it is looked whether something that was published may be tightened.
const TIGHTEN_EVERY: Duration = Duration::from_secs(5);

/// Web and API on one address.
pub fn router(engine: Engine) -> anyhow::Result<Router> {
    let api = guanxi_api::router(engine.clone());
    let web = guanxi_web::router(engine).context("The pages can't be made.")?;
    Ok(api
        .merge(guanxi_web::apidocs::router())
        .merge(web)
        .layer(from_fn(peer)))
}

/// The caller's address as an extension, for whoever must tell this machine from others.
async fn peer(mut request: Request, next: Next) -> Response {
    if let Some(info) = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .copied()
    {
        request.extensions_mut().insert(info);
    }
    next.run(request).await
}

/// Listens first, so that an address in use is told before anything else is done; then serves until the process is
/// asked to end.
pub fn serve(engine: Engine, listen: &str, ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(96)
        .enable_all()
        .build()
        .context("The runtime can't start.")?;
    let workers = Workers::start(&engine)?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .with_context(|| format!("{listen} can't be listened on. Is another program there? Give --listen another."))?;
        let address = listener.local_addr().context("The address of the listener")?;
        let service = router(engine)?.into_make_service_with_connect_info::<SocketAddr>();
        ready(address);
        axum::serve(listener, service).with_graceful_shutdown(asked_to_end()).await.context("Serving ended.")
    });
    workers.stop();
    // Open event streams would keep the runtime for as long as browsers wish.
    runtime.shutdown_timeout(Duration::from_secs(2));
    served
}

async fn asked_to_end() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {},
                _ = terminate.recv() => {},
            }
            return;
        }
    }
    let _unavailable = interrupt.await;
}

/// What runs beside requests: the search index, live events, jobs.
pub struct Workers {
    going: Arc<AtomicBool>,
    engine: Engine,
    threads: Vec<JoinHandle<()>>,
}

type Worker = fn(&Engine, &(dyn Fn() -> bool + Sync)) -> EngineResult<()>;

impl Workers {
    pub fn start(engine: &Engine) -> anyhow::Result<Workers> {
        let going = Arc::new(AtomicBool::new(true));
        // Two for jobs, so that a long one leaves room for short ones.
        let list: [(&str, Worker); 5] = [
            ("search", |engine, go_on| search::follow(engine, go_on)),
            ("events", |engine, go_on| events::follow(engine, go_on)),
            ("publishing", |engine, go_on| {
                follow_publishing(engine, go_on)
            }),
            ("jobs-1", jobs::follow),
            ("jobs-2", jobs::follow),
        ];
        let mut threads = Vec::new();
        for (name, worker) in list {
            let (engine, going) = (engine.clone(), going.clone());
            let thread = std::thread::Builder::new().name(name.to_owned());
            threads.push(
                thread
                    .spawn(move || keep_working(&engine, &going, worker))
                    .context("A worker can't start.")?,
            );
        }
        Ok(Workers {
            going,
            engine: engine.clone(),
            threads,
        })
    }

    pub fn stop(self) {
        self.going.store(false, Ordering::Relaxed);
        self.engine.announce();
        for thread in self.threads {
            let _panicked = thread.join();
        }
    }
}

/// Takes away what publishing left behind, once every process has heard of it.
fn follow_publishing(engine: &Engine, go_on: &dyn Fn() -> bool) -> EngineResult<()> {
    while go_on() {
        publishing::tighten(engine)?;
        let since = Instant::now();
        while go_on() && since.elapsed() < TIGHTEN_EVERY {
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    Ok(())
}

/// A worker that fails (the database was away) starts again after a moment.
fn keep_working(engine: &Engine, going: &AtomicBool, worker: Worker) {
    let go_on = || going.load(Ordering::Relaxed);
    while go_on() {
        if let Err(error) = worker(engine, &go_on) {
            tracing::warn!(%error, "a worker rests a moment");
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}
