//! `GET /healthz`, for the doctor.

use std::time::{Duration, SystemTime};

use reqwest::{Method, header::DATE};

use crate::{
    connect::Client,
    error::ClientError,
    limits::{ERROR_MAX, HEALTH_TIMEOUT},
};

/// What a look at the hub tells.
#[derive(Clone, Debug, PartialEq)]
pub struct HubHealth {
    /// The hub's clock, as its `Date` header says it (whole seconds).
    pub server_date: Option<String>,
    /// The hub's clock minus ours, in seconds; within two seconds it means nothing.
    pub clock_difference: Option<i64>,
    /// How long the answer took.
    pub round_trip: Duration,
    /// The body, where it is JSON (version and such).
    pub body: Option<serde_json::Value>,
}

impl Client {
    /// Whether the hub answers, how fast, and how far its clock is from ours.
    pub async fn health(&self) -> Result<HubHealth, ClientError> {
        let begun = std::time::Instant::now();
        let response = self
            .send(self.request(Method::GET, &["healthz"]).timeout(HEALTH_TIMEOUT))
            .await?;
        let now = SystemTime::now();
        let round_trip = begun.elapsed();
        let response = self.successful(response).await?;
        let server_date = response
            .headers()
            .get(DATE)
            .and_then(|v| v.to_str().ok())
            .map(str::to_owned);
        let clock_difference = server_date
            .as_deref()
            .and_then(|text| httpdate::parse_http_date(text).ok())
            .map(|server| match server.duration_since(now) {
                Ok(ahead) => ahead.as_secs() as i64,
                Err(behind) => -(behind.duration().as_secs() as i64),
            });
        let body = self.body(response, ERROR_MAX).await?;
        Ok(HubHealth {
            server_date,
            clock_difference,
            round_trip,
            body: serde_json::from_slice(&body).ok(),
        })
    }
}
