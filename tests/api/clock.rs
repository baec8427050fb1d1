//! What depends on the time, with the clock turned instead of waited for. Each case holds before the turn.

use std::time::Duration;

use azotte_customers::domain::{clock::Clock, scope::Scope};
use azotte_customers::sandbox::seed::TENANT_ID;
use chrono::TimeDelta;

use crate::support::{Client, Server, clock::TurnedClock, database, tokens::Token};

const MINUTE: Duration = Duration::from_secs(60);

async fn start(clock: &TurnedClock, flags: &[&str]) -> Server {
    Server::start_at(clock.shared(), database::create().await, flags).await
}

async fn status(client: &Client) -> u16 {
    client.info("exId=crm-1").await.status.as_u16()
}

#[tokio::test]
async fn a_key_that_was_just_used_expires_on_time() {
    let clock = TurnedClock::new();
    let server = start(&clock, &[]).await;
    let expiry = clock.now() + TimeDelta::hours(1);
    let (_, client) = server.key_until(TENANT_ID.0, &[Scope::CustomerRead], Some(expiry)).await;
    assert_eq!(status(&client).await, 404);

    clock.turn(59 * MINUTE);
    assert_eq!(status(&client).await, 404, "not yet");

    clock.turn(MINUTE);
    assert_eq!(status(&client).await, 401);
}

#[tokio::test]
async fn a_token_that_was_just_used_expires_on_time() {
    let clock = TurnedClock::new();
    let server = start(&clock, &[]).await;
    let bearer = server.acme.with("authorization", &format!("Bearer {}", Token::acme().signed()));
    assert_eq!(status(&bearer).await, 404);

    clock.turn(14 * MINUTE);
    assert_eq!(status(&bearer).await, 404, "not yet");

    clock.turn(2 * MINUTE);
    assert_eq!(status(&bearer).await, 401);
}

#[tokio::test]
async fn a_quota_fills_again_with_time() {
    let clock = TurnedClock::new();
    let server = start(&clock, &["--rate-limit", "1", "--rate-burst", "3"]).await;
    for _ in 0..3 {
        assert_eq!(status(&server.acme).await, 404);
    }
    assert_eq!(status(&server.acme).await, 429);

    clock.turn(Duration::from_secs(2));

    for expected in [404, 404, 429] {
        assert_eq!(status(&server.acme).await, expected);
    }
}
