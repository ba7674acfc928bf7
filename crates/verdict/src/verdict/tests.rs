use super::{
    Accept, Assume, ClaimVerdict, Counterexample, Date, Evidence, Outcome, Party, Reason, Verdict,
};
use crate::claims::{self, Barrier, ClaimId, Plane, hygiene, network};

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
    answer.questions = 1;
    answer.counterexamples = examples;
    answer.undecided = undecided;
    Verdict::assemble(vec!["b".into(), "a".into()], &[Plane::Network], [answer])
}

fn asked(claim: ClaimId) -> ClaimVerdict {
    ClaimVerdict { questions: 1, ..ClaimVerdict::new(claim) }
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
        conditions: Vec::new(),
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
fn a_missing_barrier_is_weak_and_counts_only_where_that_is_asked_for() {
    let mut weak = verdict(vec![], vec![]);
    weak.claims[0].weak = vec![breach()];
    assert_eq!((weak.outcome(), weak.exit_status()), (Outcome::Weak, 0));
    weak.strict = true;
    assert_eq!(weak.exit_status(), 1);
    weak.claims[0].undecided = vec![reason()];
    assert_eq!((weak.outcome(), weak.exit_status()), (Outcome::Undecided, 2));
}

#[test]
fn a_convention_that_nobody_asks_for_leaves_the_verdict_proven() {
    let mut advised = ClaimVerdict::new(hygiene::RETAINED);
    advised.questions = 1;
    advised.advice = vec![Counterexample { claim: hygiene::RETAINED, ..breach() }];
    assert_eq!(advised.outcome(), Outcome::Advice);
    let mut packet = ClaimVerdict::new(network::PACKET);
    packet.questions = 1;
    let verdict = Verdict::assemble(vec!["a".into()], &[], [advised, packet]);
    assert_eq!((verdict.outcome(), verdict.exit_status()), (Outcome::Proven, 0));
}

#[test]
fn without_a_tenant_nothing_is_decided_whatever_conventions_say() {
    let mut broken = ClaimVerdict::new(hygiene::RETAINED);
    broken.questions = 1;
    broken.counterexamples = vec![Counterexample { claim: hygiene::RETAINED, ..breach() }];
    let verdict = Verdict::assemble(vec![], &[], [broken]);
    assert_eq!((verdict.outcome(), verdict.exit_status()), (Outcome::Undecided, 2));
}

#[test]
fn a_claim_that_asked_nothing_is_not_proven() {
    let answer = ClaimVerdict::new(network::PACKET);
    assert_eq!(answer.outcome(), Outcome::Nothing);
    let verdict = Verdict::assemble(vec!["a".into()], &[], [answer]);
    assert_eq!(verdict.outcome(), Outcome::Undecided, "nothing but this was asked");
}

/// A way through at a line.
fn at(line: usize, action: &str, victim: &str) -> Counterexample {
    let place = tenantry_template::Place {
        file: "t.yaml".into(),
        line,
        column: 1,
        end_line: line,
        end_column: 2,
        text: String::new(),
        before: 0,
        length: 1,
    };
    let evidence = Evidence { says: "allows it".into(), allows: true, place };
    let mut example = Counterexample { evidence: vec![evidence], ..breach() };
    (example.action, example.victim) = (action.into(), Party::Tenant(victim.into()));
    example.resource = format!("Table{victim}");
    example.rank = if action == "dynamodb:Scan" { 0 } else { 5 };
    example
}

#[test]
fn what_one_statement_opens_is_one_finding_told_by_the_worst_of_it() {
    let ways = vec![
        at(7, "dynamodb:CreateTable", "b"),
        at(7, "dynamodb:Scan", "b"),
        at(7, "dynamodb:Scan", "c"),
        at(9, "udp/53", "b"),
    ];
    let verdict = verdict(ways, vec![]);
    let findings = verdict.findings();
    assert_eq!(findings.len(), 2);
    let [first, second] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((first.example.action.as_str(), first.all.len()), ("dynamodb:Scan", 3));
    let extent = first.extent();
    assert_eq!(extent.actions, ["dynamodb:Scan", "dynamodb:CreateTable"]);
    assert_eq!((extent.pairs, extent.resources.len()), (2, 2));
    assert_eq!((second.example.action.as_str(), second.elsewhere.len()), ("udp/53", 0));
}

#[test]
fn the_same_fault_at_many_places_is_one_finding_with_its_places() {
    let ways = (1..=100).map(|line| Counterexample {
        principal: format!("Function{line}"),
        ..at(line, "tcp/443", "b")
    });
    let verdict = verdict(ways.collect(), vec![]);
    let findings = verdict.findings();
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].all.len(), findings[0].elsewhere.len()), (100, 99));
}

#[test]
fn what_is_not_known_is_told_once_with_each_way_in_which_it_matters() {
    let ways = (0..649).map(|number| Reason { matters: format!("way {number}"), ..reason() });
    let verdict = verdict(vec![], ways.collect());
    let unknowns = verdict.unknowns();
    assert_eq!(unknowns.len(), 1);
    assert_eq!(unknowns[0].matters.len(), 649);
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
    let answers = claims::all().map(asked);
    let verdict = Verdict::assemble(vec![], &Plane::ALL, answers);
    assert_eq!(verdict.outcome(), Outcome::Undecided);
}

#[test]
fn claims_are_listed_in_the_order_of_the_registry_whatever_the_order_of_the_answers() {
    let mut backwards: Vec<_> = claims::all().map(asked).collect();
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
fn an_exception_does_not_cover_the_same_way_under_other_conditions() {
    let condition = "StringEquals aws:SourceVpc vpc-1".to_owned();
    let tied = Counterexample { conditions: vec![condition.clone()], ..breach() };
    let bound = Accept { conditions: vec![condition], ..accept("2027-01-01") };
    let mut covered = verdict(vec![tied], vec![]);
    covered.accept(std::slice::from_ref(&bound), day("2026-11-24"));
    assert_eq!(covered.outcome(), Outcome::Proven);
    let mut loosened = verdict(vec![breach()], vec![]);
    loosened.accept(&[bound], day("2026-11-24"));
    assert_eq!(loosened.outcome(), Outcome::Breached);
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
