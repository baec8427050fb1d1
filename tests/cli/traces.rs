//! Traces as a collector gets them: one server span a request, its statements below it, and nobody in them.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, any_value::Value as Any},
    trace::v1::{Span, span::SpanKind},
};
use prost::Message;
use serde_json::json;

use crate::support::{Folder, KEY, Program, Server, TENANT};

const CORRELATION_ID: &str = "0190a0a0-0000-4000-8000-000000007ace";
const CANARIES: [&str; 5] = ["canary", "Kanarie", "1701234567", "170 1234567", KEY];

#[test]
fn each_request_is_one_server_span_with_ids_and_its_statements_below() {
    let spans = spans_of(|server| {
        let reply = server.acme().correlated(CORRELATION_ID).store("crm-1").unwrap();
        assert_eq!(reply.status, 200);
        assert_eq!(server.acme().get("/nothing/of/ours").unwrap().status, 404);
    });

    let requests: Vec<_> = spans.iter().filter(|span| span.kind == SpanKind::Server as i32).collect();
    assert_eq!(requests.len(), 2, "{requests:?}");
    let store = requests.iter().find(|span| span.name == "POST /api/c2a/customer/store").unwrap();
    assert_eq!(attribute(store, "azotte.tenant_id"), TENANT);
    assert_eq!(attribute(store, "azotte.correlation_id"), CORRELATION_ID);
    assert_eq!(attribute(store, "http.request.method"), "POST");
    assert_eq!(attribute(store, "http.route"), "/api/c2a/customer/store");
    assert_eq!(attribute(store, "http.response.status_code"), "200");
    assert!(requests.iter().any(|span| span.name == "GET -"), "a path that is not ours is the caller's text");

    let below: Vec<_> = spans.iter().filter(|span| span.parent_span_id == store.span_id).collect();
    let names: Vec<_> = below.iter().map(|span| span.name.as_str()).collect();
    assert!(names.contains(&"customers.store"), "{names:?}");
    assert!(below.iter().all(|span| span.trace_id == store.trace_id));
}

#[test]
fn a_request_goes_on_with_its_callers_trace() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let spans = spans_of(|server| {
        let head = format!("traceparent: 00-{trace}-00f067aa0ba902b7-01");
        let mut stream = TcpStream::connect(server.address()).unwrap();
        write!(stream, "GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{head}\r\n\r\n")
            .unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    });

    // What the start did is no request.
    let spans: Vec<_> = spans.into_iter().filter(|span| span.kind == SpanKind::Server as i32).collect();
    assert_eq!(spans.len(), 1, "{spans:?}");
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(&spans[0].trace_id), trace);
    assert_eq!(hex(&spans[0].parent_span_id), "00f067aa0ba902b7");
}

#[test]
fn no_span_holds_a_persons_data_or_a_key() {
    let spans = spans_of(|server| {
        let person = json!({
            "externalIdentifier": "canary-crm", "email": "canary@example.com", "phoneNumber": "+49 170 1234567",
            "firstName": "Kanarie", "privacy": { "note": "canary" },
        });
        let acme = server.acme();
        let urn = acme.store_customer(&person).unwrap().urn();
        acme.store_customer(&person).unwrap();
        acme.store_customer(&json!({ "externalIdentifier": "canary-2", "email": "canary@" })).unwrap();
        acme.post("update", &json!({ "customer": { "customerUrn": urn, "lastName": "canary" } }).to_string())
            .unwrap();
        acme.info("exId=canary-crm").unwrap();
        acme.get("/canary@example.com?key=canary").unwrap();
        acme.post("delete", &json!({ "customerUuid": urn }).to_string()).unwrap();
    });

    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    for name in [
        "customers.store",
        "customers.taken",
        "customers.info",
        "customers.update",
        "customers.delete",
        "transaction.begin",
        "transaction.commit",
    ] {
        assert!(names.contains(&name), "{name} is missing in {names:?}");
    }
    let text = format!("{spans:?}");
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary}: {text}");
    }
    // The control: what they do hold is found in the same way.
    assert!(text.contains(TENANT), "{text}");
}

/// Everything a server sends, at its usual log level, up to its end.
fn spans_of(requests: impl FnOnce(&Server)) -> Vec<Span> {
    let collector = Collector::start();
    let folder = Folder::with_database();
    let endpoint = format!("http://{}", collector.address);
    let program = Program::in_folder(&folder).with("AZOTTE_OTLP_ENDPOINT", &endpoint);
    let mut server = Server::start_with(&program, &[]);
    requests(&server);
    server.signal("TERM");
    assert!(server.wait().success(), "{}", server.stderr());
    collector.spans()
}

/// As little of an OTLP collector as an exporter is content with.
struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let collector = Self { address: listener.local_addr().unwrap(), received: Arc::default() };
        let received = collector.received.clone();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let spans = receive(connection.unwrap());
                received.lock().unwrap().extend(spans);
            }
        });
        collector
    }

    fn spans(&self) -> Vec<Span> {
        self.received.lock().unwrap().clone()
    }
}

/// The spans of one request, kept before it is answered: whoever has the answer finds them.
fn receive(stream: TcpStream) -> Vec<Span> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let sent = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    reader.get_mut().write_all(answer.as_bytes()).unwrap();
    let scopes = sent.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

fn attribute(span: &Span, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == name);
    match found.and_then(|attribute| attribute.value.clone()) {
        Some(AnyValue { value: Some(Any::StringValue(text)) }) => text,
        Some(AnyValue { value: Some(Any::IntValue(number)) }) => number.to_string(),
        other => panic!("{name}: {other:?} in {span:?}"),
    }
}
