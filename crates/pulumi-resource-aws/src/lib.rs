//! A stand-in for the Pulumi `aws` provider, for tests: it never ships and never talks to AWS.
//!
//! It checks inputs against what the real provider's Python package says that it takes ([`Extraction`]), makes ids and ARNs
//! of the right form, keeps a journal of what it was asked to do ([`read_journal`]), and fails in the ways that environment
//! variables name (`faults.rs`).

mod extraction;
mod faults;
mod identity;
mod journal;
mod messages;
mod provider;
mod rpc;
mod structs;

use std::io::{self, Write as _};

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

pub use extraction::{Extraction, Fault};
pub use identity::ACCOUNT;
pub use journal::{Entry, Operation, read as read_journal};

/// Serves the engine that has started this process until the engine ends it.
///
/// # Errors
/// When there is no port to be had or the journal cannot be written.
pub fn run() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve());
    runtime.shutdown_background();
    served
}

async fn serve() -> io::Result<()> {
    let provider = provider::Provider::from_environment()?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    let connections = TcpListenerStream::new(listener).map(|connection| {
        connection.and_then(|connection| connection.set_nodelay(true).map(|()| connection))
    });
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let gone = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin().lock(), &mut io::sink()));
    writeln!(io::stdout(), "{port}")?;
    io::stdout().flush()?;
    tokio::select! {
        served = Server::builder().add_service(provider).serve_with_incoming(connections) => {
            served.map_err(io::Error::other)
        }
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
        _ = gone => Ok(()),
    }
}
