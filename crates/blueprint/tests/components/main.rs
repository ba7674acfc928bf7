//! What each part of the platform promises, and what holds for any platform.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod api;
mod application;
mod audit;
mod compute;
mod encryption;
mod identity;
mod logging;
mod monitoring;
mod network;
mod platforms;
mod properties;
mod quotas;
mod storage;
