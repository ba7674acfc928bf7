//! The platform on this machine: the emulator installed, started, trusted, deployed to, tried and stopped.
//!
//! It takes templates as text and returns what happened as values. It never prints, never decides what a platform
//! consists of, and never calls anything but 127.0.0.1 (installing downloads through pip and npm).

mod client;
mod emulator;
mod home;
mod install;
mod lock;
mod process;
mod progress;
mod tools;

pub use client::{ACCOUNT, Client, ClientError};
pub use emulator::{DEFAULT_PORT, Emulator, EmulatorError};
pub use home::{Home, HomeError};
pub use install::{InstallError, Installation, emulator_version};
pub use lock::{Lock, LockError};
pub use progress::{Cancel, Progress, Silent, Step};
pub use tools::{NODE_VARIABLE, PYTHON_VARIABLE, Search, ToolError, Tools};
