//! What handlers are given: the services, and what they share beside them.

use std::sync::Arc;

use axum::extract::FromRef;

use super::{
    auth::Authenticator,
    body::BodyTimeout,
    frame::cors::Cors,
    limits::{ImportLimits, Limits, places::Places},
    long_poll::Readers,
    readiness::Readiness,
};
use crate::service::{
    compare::CompareService,
    customers::CustomersService,
    feed::FeedService,
    idempotency::{Idempotency, Services},
    partners::PartnersService,
};
use crate::telemetry::metrics::Metrics;

#[derive(Clone)]
pub struct App {
    pub customers: Arc<dyn CustomersService>,
    pub partners: Arc<dyn PartnersService>,
    pub idempotency: Arc<dyn Idempotency>,
    pub feed: Arc<dyn FeedService>,
    pub compare: Arc<dyn CompareService>,
    pub authenticator: Arc<Authenticator>,
    pub readiness: Readiness,
    pub body_timeout: BodyTimeout,
    pub limits: Arc<Limits>,
    pub cors: Arc<Cors>,
    /// Who waits for events.
    pub readers: Readers,
    /// Exports that are being sent.
    pub exports: Arc<Places>,
    /// Drift checks that are being worked on.
    pub compares: Arc<Places>,
    pub imports: ImportLimits,
    pub metrics: Arc<Metrics>,
}

/// One for all requests: cloning it is cheap.
pub type SharedApp = Arc<App>;

impl App {
    /// The services, each call in a transaction of its own.
    pub fn services(&self) -> Services {
        Services { customers: self.customers.clone(), partners: self.partners.clone() }
    }
}

impl FromRef<SharedApp> for BodyTimeout {
    fn from_ref(app: &SharedApp) -> Self {
        app.body_timeout
    }
}
