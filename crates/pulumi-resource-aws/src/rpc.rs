//! Unary calls over gRPC without generated code.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use prost::Message;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

pub(crate) type Answer = BoxFuture<http::Response<Body>, Infallible>;

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

pub(crate) fn answer_unimplemented(request: &http::Request<Body>) -> Answer {
    let method = request.uri().path().to_owned();
    Box::pin(async move { Ok(Status::unimplemented(method).into_http()) })
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
