//! Unary calls over gRPC, both ways, without generated code.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use prost::Message;
use tonic::body::Body;
use tonic::codegen::http::{self, uri::PathAndQuery};
use tonic::codegen::{BoxFuture, Service};
use tonic::server::NamedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// What a server answers an HTTP request with.
pub(crate) type Answer = BoxFuture<http::Response<Body>, Infallible>;

/// One of the protocol's services.
pub(crate) trait Methods: Clone + Send + Sync + 'static {
    /// Its name, with its package.
    const NAME: &'static str;

    /// Answers a call of one of its methods.
    fn call(&self, method: &str, request: http::Request<Body>) -> Answer;
}

/// A service that can be served.
#[derive(Clone)]
pub(crate) struct Served<M>(pub(crate) M);

impl<M: Methods> NamedService for Served<M> {
    const NAME: &'static str = M::NAME;
}

impl<M: Methods> Service<http::Request<Body>> for Served<M> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answer {
        let path = request.uri().path().to_owned();
        let method = path.rsplit('/').next().unwrap_or_default();
        self.0.call(method, request)
    }
}

/// Answers a request by `handler`.
pub(crate) fn answer<Q, R, F>(
    request: http::Request<Body>,
    handler: impl FnOnce(Q) -> F + Send + 'static,
) -> Answer
where
    Q: Message + Default + 'static,
    R: Message + Default + 'static,
    F: Future<Output = Result<R, Status>> + Send + 'static,
{
    Box::pin(async move {
        let mut grpc = tonic::server::Grpc::new(ProstCodec::<R, Q>::default())
            .max_decoding_message_size(usize::MAX)
            .max_encoding_message_size(usize::MAX);
        Ok(grpc.unary(Handler { handler: Some(handler), messages: PhantomData }, request).await)
    })
}

/// Answers a request with a stream that ends at once, without a message.
pub(crate) fn answer_with_empty_stream(request: http::Request<Body>) -> Answer {
    Box::pin(async move {
        let codec = ProstCodec::<crate::messages::Empty, crate::messages::Empty>::default();
        Ok(tonic::server::Grpc::new(codec).server_streaming(EmptyStream, request).await)
    })
}

/// Answers a request for a method that is not there.
pub(crate) fn answer_unimplemented(request: &http::Request<Body>) -> Answer {
    let method = request.uri().path().to_owned();
    Box::pin(async move {
        Ok(Status::unimplemented(format!("there is no method {method} here")).into_http())
    })
}

/// A connection to one of the engine's services.
#[derive(Clone)]
pub(crate) struct Client(Channel);

impl Client {
    /// Connects to `address`, `HOST:PORT`.
    pub(crate) async fn connect(address: &str) -> Result<Self, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true);
        Ok(Self(endpoint.connect().await?))
    }

    pub(crate) async fn call<Q, R>(&self, path: &'static str, request: Q) -> Result<R, Status>
    where
        Q: Message + Send + Sync + 'static,
        R: Message + Default + Send + Sync + 'static,
    {
        let mut grpc = tonic::client::Grpc::new(self.0.clone())
            .max_decoding_message_size(usize::MAX)
            .max_encoding_message_size(usize::MAX);
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let codec = ProstCodec::<Q, R>::default();
        let path = PathAndQuery::from_static(path);
        Ok(grpc.unary(Request::new(request), path, codec).await?.into_inner())
    }
}

struct Handler<H, Q, R> {
    handler: Option<H>,
    messages: PhantomData<fn(Q) -> R>,
}

impl<H, Q, R, F> Service<Request<Q>> for Handler<H, Q, R>
where
    H: FnOnce(Q) -> F,
    R: 'static,
    F: Future<Output = Result<R, Status>> + Send + 'static,
{
    type Response = Response<R>;
    type Error = Status;
    type Future = BoxFuture<Response<R>, Status>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let running = self.handler.take().map(|handler| handler(request.into_inner()));
        Box::pin(async move {
            match running {
                Some(running) => running.await.map(Response::new),
                None => Err(Status::internal("a unary method was called twice")),
            }
        })
    }
}

struct EmptyStream;

impl Service<Request<crate::messages::Empty>> for EmptyStream {
    type Response = Response<tokio_stream::Empty<Result<crate::messages::Empty, Status>>>;
    type Error = Status;
    type Future = std::future::Ready<Result<Self::Response, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<crate::messages::Empty>) -> Self::Future {
        std::future::ready(Ok(Response::new(tokio_stream::empty())))
    }
}
