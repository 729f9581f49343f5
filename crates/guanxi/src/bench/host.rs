//! The server in this process on a free port: the same router and workers as `serve`.

use crate::server::{self, Workers};
use anyhow::Context as _;
use guanxi_engine::Engine;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

pub struct Host {
    pub address: SocketAddr,
    runtime: Runtime,
    workers: Workers,
    end: oneshot::Sender<()>,
}

impl Host {
    pub fn start(engine: &Engine) -> anyhow::Result<Host> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(96)
            .enable_all()
            .build()
            .context("The runtime can't start.")?;
        let workers = Workers::start(engine)?;
        let service =
            server::router(engine.clone())?.into_make_service_with_connect_info::<SocketAddr>();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .context("A free port")?;
        let address = listener.local_addr()?;
        let (end, ended) = oneshot::channel::<()>();
        runtime.spawn(async move {
            let until = async move {
                let _host_gone = ended.await;
            };
            if let Err(error) = axum::serve(listener, service)
                .with_graceful_shutdown(until)
                .await
            {
                tracing::error!(%error, "the measured server ended");
            }
        });
        Ok(Host {
            address,
            runtime,
            workers,
            end,
        })
    }

    /// Ends the server and its workers, so that nothing runs beside what is measured next.
    pub fn stop(self) {
        let _already_ended = self.end.send(());
        self.workers.stop();
        self.runtime.shutdown_timeout(Duration::from_secs(2));
    }
}
