//! What a server tells over HTTP: the AdminServer's commands as JSON, and metrics as Prometheus
//! reads them. It asks the server through its inbox, like everybody.

use super::error::Error;
use super::gauge::Gauge;
use super::inbox::{Inbox, Mail, Question};
use super::metrics;
use super::sockets::OUT_OF_FILES_PAUSE;
use crate::server::{Admin, AdminCommand, Endpoint, Server};
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};

/// So many connections are answered at a time; others wait.
const CONNECTIONS_MAX: usize = 64;
/// How long who asks for metrics may take to ask and to read.
const METRICS_PATIENCE: Duration = Duration::from_secs(30);

/// What the answers need.
#[derive(Clone)]
struct Asked {
    inbox: Arc<Inbox>,
    gauge: Arc<Gauge>,
    /// Where the commands are.
    url: String,
}

/// Answers the AdminServer's commands, from now on.
pub(super) async fn serve_admin(
    admin: &Admin,
    gauge: Arc<Gauge>,
    inbox: Arc<Inbox>,
) -> Result<(), Error> {
    let asked = Asked { inbox, gauge, url: admin.url.clone() };
    let one = format!("{}/{{command}}", admin.url);
    let router = Router::new()
        .route(&admin.url, get(list))
        .route(&one, get(command).post(command))
        .with_state(asked);
    serve("admin.serverPort", &admin.at, router, Duration::from_millis(admin.patience_ms)).await
}

/// Tells metrics, from now on.
pub(super) async fn serve_metrics(
    at: &Endpoint,
    gauge: Arc<Gauge>,
    inbox: Arc<Inbox>,
) -> Result<(), Error> {
    let asked = Asked { inbox, gauge, url: String::new() };
    let router = Router::new().route("/metrics", get(told_metrics)).with_state(asked);
    serve("metricsProvider.httpPort", at, router, METRICS_PATIENCE).await
}

async fn serve(
    key: &'static str,
    at: &Endpoint,
    router: Router,
    patience: Duration,
) -> Result<(), Error> {
    let bind = |error| Error::Bind { port: key, address: at.to_string(), error };
    let listener = TcpListener::bind(at.to_string()).await.map_err(bind)?;
    tokio::spawn(answer_all(key, listener, router, patience));
    Ok(())
}

/// Answers one request of each connection, and so many connections at a time: what is asked here
/// must not take from the clients.
async fn answer_all(key: &'static str, at: TcpListener, router: Router, patience: Duration) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = room.clone().acquire_owned().await;
        match at.accept().await {
            Ok((stream, _)) => {
                let service = TowerToHyperService::new(router.clone());
                let answered = http1::Builder::new()
                    .keep_alive(false)
                    .serve_connection(TokioIo::new(stream), service);
                tokio::spawn(async move {
                    if tokio::time::timeout(patience, answered).await.is_err() {
                        tracing::debug!("{key}: too slow; the connection is ended");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!("{key}: cannot accept a connection: {error}");
                tokio::time::sleep(OUT_OF_FILES_PAUSE).await;
            }
        }
    }
}

async fn list(State(asked): State<Asked>) -> Html<String> {
    let link = |name| format!("<a href=\"{}/{name}\">{name}</a>\n<br/>\n", asked.url);
    Html(Server::admin_commands().map(link).collect())
}

async fn command(
    State(asked): State<Asked>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let arguments = arguments_of(&query.unwrap_or_default());
    let command = AdminCommand { name, arguments, measures: asked.gauge.measured().await };
    let (answer, answered) = oneshot::channel();
    asked.inbox.push(Mail::Ask(Question::Admin { command, answer }));
    match answered.await {
        Ok(answer) => as_json(answer.status, &answer.fields),
        // The server has ended meanwhile.
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// What stands behind the question mark: `key=value&…`. Nothing that a command takes is ever escaped.
fn arguments_of(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn as_json(status: u16, fields: &Map<String, Value>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = serde_json::to_string_pretty(fields).unwrap_or_default();
    (status, [(CONTENT_TYPE, "application/json")], text).into_response()
}

async fn told_metrics(State(asked): State<Asked>) -> Response {
    let (answer, answered) = oneshot::channel();
    let measures = asked.gauge.measured().await;
    asked.inbox.push(Mail::Ask(Question::Monitor { measures, answer }));
    match answered.await {
        Ok(monitored) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(CONTENT_TYPE, kind)], metrics::text(monitored)).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
