//! What hangs on what is not known, where a table of a check says so.

use crate::findings::unknown::{EndStake, Stake};

/// What an action on a shared thing is good for.
pub(super) fn of_shared(stake: Stake) -> &'static str {
    match stake {
        Stake::RequestsRunTenantsCode => "everybody's requests then run the tenant's code",
        Stake::CallersOfFunction => "who may call what everybody uses is then the tenant's to say",
        Stake::ExecutionsDoAsTold => "everybody's executions then do what the tenant says",
        Stake::BuildRunsCommands => {
            "a build may be started with commands of the caller's, which run as the project's role"
        }
        Stake::UsersOfPool => {
            "the pool's users are every tenant's, and who they are said to be opens everything"
        }
        Stake::KeyOfAll => "the key guards what every tenant has under it",
        Stake::OutsideEncryptionContext => {
            "another tenant is kept to its own encryption context, and this one is not"
        }
        Stake::ReachOfStore => {
            "who may reach what every tenant has there is then the tenant's to say"
        }
        Stake::CopyOfTable => {
            "a copy of the table has every tenant's items, and leading keys do not hold there"
        }
        Stake::CopyOfBucket => "what every tenant has there then goes where the caller says",
        Stake::Published => "whoever subscribes gets what every tenant publishes there",
        Stake::Messages => "messages go to whoever receives them first, whosever they are",
        Stake::Records => "a shard has the records of every tenant that writes there",
        Stake::Objects => "the objects and their names there may be another tenant's",
        Stake::Indexes => "the indexes of a domain may be another tenant's",
        Stake::RootOfFileSystem => {
            "without an access point of its own a tenant mounts the root, and all that is there"
        }
        Stake::Queries => "a work group keeps the queries and results of every tenant that uses it",
        Stake::Events => "a group that tenants share has the events of every one",
    }
}

/// What hangs on whose the end of a joint is.
pub(super) fn of_end(stake: EndStake) -> &'static str {
    match stake {
        EndStake::Method => "the method may be open, or land in another tenant's function",
        EndStake::Route => "the route may be open, or land in another tenant's function",
        EndStake::FunctionUrl => "anybody may call it, if it is a tenant's function",
        EndStake::EventSource => {
            "it may be another tenant's, which is then read and feeds the function"
        }
        EndStake::EventTarget => {
            "it may be another tenant's, which is then fed and reads the source"
        }
        EndStake::LogGroup => "the function may write to another tenant's group",
        EndStake::RoleOfGroup => "the group's users may get another tenant's role",
        EndStake::RoleOfPool => "whoever signs in may get a tenant's role",
        EndStake::Packets => {
            "it may be a tenant's, and more may then reach it than what is seen here"
        }
    }
}
