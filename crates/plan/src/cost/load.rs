//! What a tenant is taken to do in a month, and what of what is billed that causes.

use serde::Serialize;

use super::billed::Billed;
use super::prices::Price;

/// What each tenant does in a month. All but the first two are assumptions that `docs/cost.md` states.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Load {
    /// Requests of its API.
    pub requests: f64,
    /// What its tables hold, in GB.
    pub stored_gb: f64,
    /// How long a function works on a request, in seconds.
    pub seconds: f64,
    /// Calls of the authorizer a request: its answers are kept for a while.
    pub authorizations: f64,
    /// How long the authorizer works on a call, in seconds.
    pub authorizer_seconds: f64,
    /// Read request units a request: an item of up to 4 KB, read consistently, in seven of ten requests.
    pub reads: f64,
    /// Write request units a request: an item of up to 1 KB, written in three of ten requests.
    pub writes: f64,
    /// KMS requests a request: DynamoDB keeps a table's key for five minutes.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html>
    pub key_requests: f64,
    /// KB that a request leaves in the log of its function, and as many in the API's access log.
    pub log_kb: f64,
    /// KB that a request leaves in the flow logs.
    pub flow_log_kb: f64,
    /// The part of a log's size that is left when it is kept, compressed.
    pub compressed: f64,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            requests: 100_000.0,
            stored_gb: 1.0,
            seconds: 0.1,
            authorizations: 0.1,
            authorizer_seconds: 0.05,
            reads: 0.7,
            writes: 0.3,
            key_requests: 0.01,
            log_kb: 1.0,
            flow_log_kb: 1.0,
            compressed: 0.15,
        }
    }
}

/// Hours that AWS's pages take for a month.
const HOURS: f64 = 730.0;
const KB_A_GB: f64 = 1e6;
const MB_A_GB: f64 = 1024.0;

type Quantities = Vec<(Price, f64)>;

impl Load {
    /// What costs the same, whatever anybody does.
    pub(crate) fn standing(self, own: &Billed) -> impl Iterator<Item = (Price, f64)> {
        [
            (Price::Key, f64::from(own.keys)),
            (Price::Alarm, f64::from(own.alarm_metrics)),
            (Price::Dashboard, f64::from(own.dashboards)),
            (Price::EndpointHours, f64::from(own.endpoint_zones) * HOURS),
        ]
        .into_iter()
    }

    /// What a tenant's load causes, with what its cell shares; `records` is whether a trail records what becomes of tables.
    pub(crate) fn causes(self, own: &Billed, shared: &Billed, records: bool) -> Quantities {
        let mut found = Vec::new();
        if own.tables > 0 {
            found.push((Price::Storage, self.stored_gb));
            let restorable = f64::from(own.restorable_tables) / f64::from(own.tables);
            found.push((Price::Recovery, self.stored_gb * restorable));
        }
        // Without a function of its own nothing serves it.
        if own.functions == 0 {
            return found;
        }
        let requests = self.requests;
        let authorized = if shared.functions > 0 { requests * self.authorizations } else { 0.0 };
        if shared.apis > 0 {
            found.push((Price::ApiRequests, requests));
        }
        found.push((Price::Invocations, requests + authorized));
        let memory = |of: &Billed, megabytes: u32| {
            f64::from(megabytes) / MB_A_GB / f64::from(of.functions.max(1))
        };
        let (each, asked) = (requests * self.seconds, authorized * self.authorizer_seconds);
        let time =
            |own_mb, shared_mb| memory(own, own_mb) * each + memory(shared, shared_mb) * asked;
        found.push((Price::ArmSeconds, time(own.arm_megabytes, shared.arm_megabytes)));
        found.push((Price::X86Seconds, time(own.x86_megabytes, shared.x86_megabytes)));
        let logs = self.log_kb * f64::from(1 + u32::from(shared.apis > 0));
        let flow_logs = if shared.flow_logs > 0 { self.flow_log_kb } else { 0.0 };
        let logged = requests * (logs + flow_logs) / KB_A_GB;
        found.push((Price::LogIngestion, logged));
        // A log is kept for 30 days, a month.
        found.push((Price::LogStorage, logged * self.compressed));
        if own.tables > 0 {
            found.push((Price::Reads, requests * self.reads));
            found.push((Price::Writes, requests * self.writes));
            if own.keys > 0 {
                found.push((Price::KeyRequests, requests * self.key_requests));
            }
            if records {
                found.push((Price::DataEvents, requests * (self.reads + self.writes)));
            }
        }
        found
    }

    /// What a platform's load causes and is not estimated.
    pub(crate) fn not_estimated(self) -> impl Iterator<Item = &'static str> {
        ["data transferred out of AWS", "support and taxes"].into_iter()
    }
}
