//! The platform on this machine: the emulator installed, started, trusted, deployed to, tried and stopped.
//!
//! It takes templates as text and returns what happened as values. It never prints, never decides what a platform
//! consists of, and never calls anything but 127.0.0.1 (installing downloads through pip and npm). The packets that it
//! sends stay in network namespaces of their own.

mod client;
mod contract;
mod deploy;
mod doctor;
mod down;
mod emulator;
mod home;
mod install;
mod lock;
mod logs;
mod packets;
mod probe;
mod process;
mod progress;
mod random;
mod reading;
mod rollout;
mod running;
mod settings;
mod smoke;
mod start;
mod status;
mod stores;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod stub;
mod template;
mod tools;
mod trust;
mod up;
mod users;

pub use client::{ACCOUNT, Client, ClientError, REGION};
pub use contract::{Application, Contract, Request, ServiceContract};
pub use deploy::{
    CODE_BUCKET, Cell, Change, DeployError, Deployed, Earlier, ResourceFailure, deploy,
};
pub use doctor::{Check, doctor};
pub use down::{Down, DownError, Leftover, down};
pub use emulator::{DEFAULT_PORT, Emulator, EmulatorError, Listen, stop};
pub use home::{Home, HomeError};
pub use install::{InstallError, Installation, emulator as install_emulator, emulator_version};
pub use lock::{Lock, LockError};
pub use logs::{Activity, LogEvent, activity, logs, milliseconds};
pub use packets::{Packets, PacketsError, packets};
pub use probe::{
    Attack, FunctionTarget, NOT_SEEN, OwnUse, Plane, Probed, TableTarget, Target, Verdict, probe,
};
pub use progress::{Cancel, Progress, Silent, Step};
pub use reading::{Reading, ReadingError, read as read_deployed};
pub use rollout::{Rollout, WaveCheck};
pub use running::{Beside, Kept, StackState, kept};
pub use settings::{Difference, Reason, Settings, look as compare_settings, settle};
pub use smoke::Attempt;
pub use start::{halt, is_kept, last_port, start};
pub use status::{
    Address, Endpoint, StackStatus, Status, StatusError, Tenant, TenantOutputs, differences, status,
};
pub use stores::{
    Deletion, Deletions, Exported, Imported, ImportedStore, KeyEnd, Stores, StoresError,
    count_users, deletions, erase_users, export, import, physical_ids,
};
pub use template::LeftOut;
pub use tools::{NODE_VARIABLE, PYTHON_VARIABLE, Search, ToolError, Tools};
pub use trust::{TrustError, self_test};
pub use up::{CellFailure, CellUp, NotBegun, UpError, Wanted, WantedCell, up};
pub use users::id_token;
