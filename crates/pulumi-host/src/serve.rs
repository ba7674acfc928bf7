//! Being a language host: as the engine's plugin, or beside an engine that is told where to find it.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

use crate::host::{Host, Program};
use crate::rpc::{Methods, Served};

/// Why a host could not be.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The command line has no address of an engine.
    #[error(
        "a language host is started by the Pulumi engine, which gives its address as the last argument"
    )]
    NoEngine,
    /// The machine refused.
    #[error("cannot serve the engine: {0}")]
    Io(#[from] io::Error),
    /// The transport failed.
    #[error("cannot serve the engine: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// Serves as the engine's plugin, whose protocol is: the engine's address is the last argument, the first line on standard
/// output is the port, and the end is SIGINT. Also ends when the engine is gone, which closes standard input.
///
/// # Errors
/// When there is no address in `arguments` (those behind the program's name), or no port to be had.
pub async fn serve_plugin<P: Program>(program: P, arguments: &[String]) -> Result<(), ServeError> {
    let engine =
        arguments.last().filter(|last| !last.starts_with('-')).ok_or(ServeError::NoEngine)?;
    silence_panics();
    serve_until_the_end(Host::new(program, Some(engine.clone()))).await
}

/// A host for an engine that is started with `--client ADDRESS --exec-kind auto.inline`.
#[derive(Debug)]
pub struct InlineHost {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl InlineHost {
    /// Begins to serve on a free port of this machine.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub async fn start<P: Program>(program: P) -> Result<Self, ServeError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let host = Host::new(program, None);
        let serving = tokio::spawn(async move {
            // A transport that fails is seen by the engine, which ends.
            let _ = serve(listener, host).await;
        });
        Ok(Self { address, serving })
    }

    /// What to tell the engine after `--client`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for InlineHost {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Serves the engine that has started this process, until that ends it or is gone itself.
pub(crate) async fn serve_until_the_end(service: impl Methods) -> Result<(), ServeError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let gone = end_of_input();
    let served = serve(listener, service);
    {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{port}")?;
        stdout.flush()?;
    }
    tokio::select! {
        served = served => served.map_err(Into::into),
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
        _ = gone => Ok(()),
    }
}

async fn serve(
    listener: TcpListener,
    service: impl Methods,
) -> Result<(), tonic::transport::Error> {
    // Without this every answer waits for the acknowledgement of the one before: 40 ms a resource.
    let connections = TcpListenerStream::new(listener).map(|connection| {
        connection.and_then(|connection| connection.set_nodelay(true).map(|()| connection))
    });
    Server::builder().add_service(Served(service)).serve_with_incoming(connections).await
}

/// Panics are told to the engine; on standard error they would stand as a backtrace in the user's terminal.
fn silence_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// Resolves when whoever started this process is gone; never when a person did.
async fn end_of_input() {
    let (sender, receiver) = oneshot::channel();
    if io::stdin().is_terminal() {
        return std::future::pending().await;
    }
    std::thread::spawn(move || {
        let mut buffer = [0; 256];
        while matches!(io::stdin().read(&mut buffer), Ok(1..)) {}
        let _ = sender.send(());
    });
    let _ = receiver.await;
}
