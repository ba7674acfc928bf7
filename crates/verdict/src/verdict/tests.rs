use super::{Accept, Assume, ClaimVerdict, Counterexample, Date, Outcome, Party, Reason, Verdict};
use crate::claims::{self, Barrier, Plane, hygiene, network};

fn breach() -> Counterexample {
    let (a, b) = (Party::Tenant("a".into()), Party::Tenant("b".into()));
    let mut example = Counterexample::new(network::PACKET, a, b, Barrier::NetworkAcl);
    example.principal = "FunctionA".into();
    example.action = "tcp/443".into();
    example.resource = "FunctionB".into();
    example
}

fn verdict(examples: Vec<Counterexample>, undecided: Vec<Reason>) -> Verdict {
    let mut answer = ClaimVerdict::new(network::PACKET);
    answer.counterexamples = examples;
    answer.undecided = undecided;
    Verdict::assemble(vec!["b".into(), "a".into()], &[Plane::Network], [answer])
}

fn reason() -> Reason {
    let [unknown, matters, help] = ["a", "b", "c"].map(String::from);
    Reason { unknown, matters, help, place: None }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn accept(until: &str) -> Accept {
    Accept {
        claim: "network/packet".into(),
        resource: "FunctionB".into(),
        principal: "FunctionA".into(),
        action: "tcp/443".into(),
        reason: "a shared cache".into(),
        until: day(until),
        place: None,
    }
}

#[test]
fn the_exit_status_is_0_proven_1_breached_2_undecided() {
    assert_eq!(verdict(vec![], vec![]).exit_status(), 0);
    assert_eq!(verdict(vec![breach()], vec![]).exit_status(), 1);
    assert_eq!(verdict(vec![], vec![reason()]).exit_status(), 2);
}

#[test]
fn a_breach_outweighs_what_is_not_known() {
    assert_eq!(verdict(vec![breach()], vec![reason()]).outcome(), Outcome::Breached);
}

#[test]
fn a_claim_that_was_asked_and_not_decided_is_undecided() {
    let verdict = Verdict::assemble(vec!["a".into()], &[Plane::Network], []);
    assert_eq!(verdict.outcome(), Outcome::Undecided);
    assert_eq!(verdict.claims.len(), Plane::Network.claims().len());
}

#[test]
fn templates_without_a_tenant_prove_nothing() {
    let answers = claims::all().map(ClaimVerdict::new);
    let verdict = Verdict::assemble(vec![], &Plane::ALL, answers);
    assert_eq!(verdict.outcome(), Outcome::Undecided);
}

#[test]
fn claims_are_listed_in_the_order_of_the_registry_whatever_the_order_of_the_answers() {
    let mut backwards: Vec<_> = claims::all().map(ClaimVerdict::new).collect();
    backwards.reverse();
    let verdict = Verdict::assemble(vec!["a".into()], &Plane::ALL, backwards);
    let listed: Vec<_> = verdict.claims.iter().map(|answer| answer.claim).collect();
    assert_eq!(listed, claims::all().collect::<Vec<_>>());
    assert_eq!(verdict.outcome(), Outcome::Proven);
}

#[test]
fn answers_of_two_planes_functions_to_one_claim_are_joined() {
    let mut first = ClaimVerdict::new(network::PACKET);
    first.questions = 2;
    let mut second = ClaimVerdict::new(network::PACKET);
    second.questions = 3;
    second.counterexamples = vec![breach(), breach()];
    let verdict = Verdict::assemble(vec!["a".into()], &[Plane::Network], [first, second]);
    assert_eq!(verdict.claims[0].questions, 5);
    assert_eq!(verdict.claims[0].counterexamples.len(), 1, "the same way is told once");
}

#[test]
fn an_exception_covers_its_counterexample_until_its_last_day() {
    let mut verdict = verdict(vec![breach()], vec![]);
    verdict.accept(&[accept("2026-11-24")], day("2026-11-24"));
    assert_eq!(verdict.outcome(), Outcome::Proven);
    assert_eq!(verdict.claims[0].accepted.len(), 1);
    assert_eq!(verdict.warnings, []);
}

#[test]
fn an_exception_that_ran_out_covers_nothing_and_is_told() {
    let mut verdict = verdict(vec![breach()], vec![]);
    verdict.accept(&[accept("2026-11-23")], day("2026-11-24"));
    assert_eq!(verdict.outcome(), Outcome::Breached);
    insta::assert_snapshot!(
        verdict.warnings[0].what,
        @"the exception to `network/packet` for `FunctionB` ran out on 2026-11-23"
    );
}

#[test]
fn an_exception_does_not_cover_another_action_on_the_same_resource() {
    let mut other = breach();
    other.action = "udp/53".into();
    let mut verdict = verdict(vec![breach(), other], vec![]);
    verdict.accept(&[accept("2027-01-01")], day("2026-11-24"));
    assert_eq!(verdict.claims[0].counterexamples.len(), 1);
    assert_eq!(verdict.claims[0].counterexamples[0].action, "udp/53");
}

#[test]
fn what_the_same_statements_let_through_is_one_finding_with_its_actions_sorted() {
    let mut first = breach();
    for action in ["udp/53", "sctp/1", "udp/53"] {
        let other = Counterexample { action: action.into(), ..breach() };
        assert!(first.take_in(&other), "{action}");
    }
    assert_eq!(first.identity().action, "sctp/1, tcp/443, udp/53");
    let of_another = Counterexample { principal: "FunctionC".into(), ..breach() };
    assert!(!first.take_in(&of_another));
}

#[test]
fn an_exception_does_not_cover_one_more_action_of_the_same_statement() {
    let mut wider = breach();
    assert!(wider.take_in(&Counterexample { action: "udp/53".into(), ..breach() }));
    let mut verdict = verdict(vec![wider], vec![]);
    verdict.accept(&[accept("2027-01-01")], day("2026-11-24"));
    assert_eq!(verdict.outcome(), Outcome::Breached);
}

#[test]
fn an_exception_to_another_claim_matches_nothing_and_is_told() {
    let mut verdict = verdict(vec![breach()], vec![]);
    let wrong = Accept { claim: hygiene::TAGS.id.into(), ..accept("2027-01-01") };
    verdict.accept(&[wrong], day("2026-11-24"));
    assert_eq!(verdict.outcome(), Outcome::Breached);
    assert_eq!(verdict.warnings.len(), 1);
}

#[test]
fn a_counterexamples_key_does_not_depend_on_its_wording() {
    let mut reworded = breach();
    reworded.fix = "something else".into();
    reworded.barrier = Barrier::SecurityGroup;
    assert_eq!(breach().identity().key(), reworded.identity().key());
    let mut other = breach();
    other.principal = "FunctionC".into();
    assert_ne!(breach().identity().key(), other.identity().key());
}

#[test]
fn days_that_do_not_exist_are_refused() {
    for text in ["2026-02-29", "2026-13-01", "2026-1-1", "26-01-01", "2026-01-00", "+026-01-01", ""]
    {
        assert!(text.parse::<Date>().is_err(), "{text}");
    }
    assert_eq!(day("2028-02-29").to_string(), "2028-02-29");
}

#[test]
fn an_assumption_sets_its_unknown_aside_and_no_other() {
    let assume = |unknown: &str| Assume {
        id: "own".into(),
        text: "It is so.".into(),
        unknown: unknown.into(),
        claims: vec![],
        place: None,
    };
    let mut covered = verdict(vec![], vec![reason()]);
    covered.assume(&[assume("a")]);
    assert_eq!(covered.outcome(), Outcome::Proven);
    assert_eq!(covered.assumptions[0].claims, [network::PACKET]);
    let mut other = verdict(vec![], vec![reason()]);
    other.assume(&[assume("x")]);
    assert_eq!(other.outcome(), Outcome::Undecided);
    assert_eq!(other.warnings.len(), 1);
}

#[test]
fn a_day_is_known_by_its_distance_from_1970() {
    let text = |day| Date::from_unix_day(day).unwrap().to_string();
    assert_eq!([text(0), text(59), text(20_781)], ["1970-01-01", "1970-03-01", "2026-11-24"]);
}
