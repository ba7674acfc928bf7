//! The platform on this machine: the emulator installed, started, deployed to and stopped.
