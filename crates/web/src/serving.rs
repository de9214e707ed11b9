//! Connections: taken, kept within limits, and let go.
//!
//! A client that never ends its request's head, or keeps a connection without asking anything,
//! is hung up on; so no more than [`SEATS`] connections are held, and none of them for ever.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use crate::error::WebError;

/// Connections at once; below the 1,024 files that a process may commonly open.
pub const SEATS: usize = 768;
/// In which the head of a request must be there; also how long an idle connection is kept.
pub const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// In which a body must be there.
const BODY_WITHIN: Duration = Duration::from_secs(30);
/// How long requests under way may take when the server is told to stop.
const END_WITHIN: Duration = Duration::from_secs(20);

/// Serves until `stop`; then finishes what is under way.
///
/// # Errors
///
/// When the address of the listener is lost.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let seats = Arc::new(Semaphore::new(SEATS));
    let open = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let seat = Arc::clone(&seats).acquire_owned();
        let accepted = async { (seat.await, listener.accept().await) };
        let (seat, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let connection = open.watch(connection(stream, from, app.clone()));
        tokio::spawn(async move {
            // How a client hangs up is its own affair.
            let _ = connection.await;
            drop(seat);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(END_WITHIN, open.shutdown()).await;
    Ok(())
}

/// What reads a body, given up when the client takes too long over it.
///
/// # Errors
///
/// [`WebError::Malformed`] when it did.
pub async fn in_time<T>(reading: impl Future<Output = T>) -> Result<T, WebError> {
    tokio::time::timeout(BODY_WITHIN, reading)
        .await
        .map_err(|_| WebError::Malformed("what was sent did not arrive in time".to_owned()))
}

fn connection(
    stream: TcpStream,
    from: SocketAddr,
    app: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(from));
        answer(app.clone(), request.map(Body::new))
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .serve_connection(TokioIo::new(stream), service)
}

async fn answer(app: Router, request: Request<Body>) -> Result<Response, Infallible> {
    app.oneshot(request).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let never = std::future::pending::<()>();
        assert!(in_time(never).await.is_err());
        assert_eq!(in_time(async { 7 }).await.unwrap(), 7);
    }

    /// The clock stands and jumps ahead when nothing else can be done, so nobody waits.
    #[tokio::test(start_paused = true)]
    async fn whoever_never_ends_the_head_is_hung_up_on() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, Router::new(), async {
            let _ = stopped.await;
        }));
        let mut slow = TcpStream::connect(at).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
            .await
            .unwrap();
        let began = tokio::time::Instant::now();
        let mut heard = Vec::new();
        let _ = slow.read_to_end(&mut heard).await;
        assert!(began.elapsed() >= HEAD_WITHIN - Duration::from_secs(1));
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
    }
}
