//! What holds after every night, whatever went wrong in it. Each says in words what is broken; seed and night are added by who asks.

use std::collections::{BTreeMap, BTreeSet};

use ccda_export::{
    report::{differences, misprint},
    sandbox::Kind,
    store::verify::Verification,
};

use super::{
    books::{Books, Evening},
    people,
    site::{HOST, TENANT},
};

type Held = Result<(), String>;

/// All of them.
pub async fn check(books: &mut Books, evening: &Evening<'_>) -> Held {
    no_rate_was_passed(evening)?;
    no_account_was_locked(books, evening)?;
    if evening.ends.iter().all(Option::is_none) && !books.database.exists() {
        return Ok(());
    }
    books.pruned |= evening.prunes;
    nobody_has_anothers_chart(books, evening).await?;
    every_done_fetch_has_its_document(books).await?;
    attempts_stay_within_their_limit(books).await?;
    done_stays_done(books).await?;
    // Of a run that was killed the next one closes what it left.
    if evening.last().is_some() {
        nothing_is_left_in_anybodys_hands(books).await?;
        every_run_was_for_its_occurrence(evening)?;
        every_receipt_adds_up(books, evening).await?;
        every_request_has_its_attempt(books, evening).await?;
        nobody_is_forgotten(books, evening).await?;
        everybody_is_had_when_nothing_is_wrong(evening)?;
        the_database_is_sound(books).await?;
        books.balance(evening).await;
    }
    Ok(())
}

pub fn no_rate_was_passed(evening: &Evening<'_>) -> Held {
    let mut asked: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for request in &evening.requests {
        let tenant = request.tenant.as_deref().unwrap_or("nobody");
        asked.entry(format!("{tenant} {:?}", request.kind)).or_default().push(request.asked_at_ms);
        asked.entry("host".to_owned()).or_default().push(request.asked_at_ms);
    }
    for (whose, mut times) in asked {
        times.sort_unstable();
        let (rate, burst) = if whose == "host" { HOST } else { TENANT };
        let most = (rate + burst) as usize;
        if let Some(second) = times.windows(most + 1).find(|second| second[most] - second[0] < 1_000) {
            return Err(format!("{whose}: more than {most} requests in a second: {second:?}"));
        }
    }
    Ok(())
}

/// As Keycloak counts by default: 30 failures lock, and so do two within a second; 12 hours without one are forgiven.
pub fn no_account_was_locked(books: &mut Books, evening: &Evening<'_>) -> Held {
    for request in evening.requests.iter().filter(|request| request.kind == Kind::Token) {
        let Some(account) = request.account.as_deref() else { continue };
        if request.status != Some(401) {
            books.rejected.remove(account);
            continue;
        }
        let (count, last) = books.rejected.entry(account.to_owned()).or_default();
        if *count > 0 && request.at_ms > *last && request.at_ms - *last < 1_000 {
            return Err(format!("{account}: two rejected logins within a second, at {last} and {} ms", request.at_ms));
        }
        *count = if request.at_ms.saturating_sub(*last) > 12 * 3_600_000 { 1 } else { *count + u32::from(request.at_ms > *last) };
        *last = request.at_ms.max(*last);
        if *count >= 30 {
            return Err(format!("{account}: locked by {count} rejected logins in a row"));
        }
    }
    Ok(())
}

/// The vendor knows who each token is; so do the charts.
pub async fn nobody_has_anothers_chart(books: &Books, evening: &Evening<'_>) -> Held {
    let truth: BTreeMap<_, _> = evening.people.iter().enumerate().map(|(place, patient)| (&*patient.token, people::mrn(place))).collect();
    let latest = books.ask("SELECT patient_token, mrn_extension, document_id FROM latest_documents_all").await;
    match latest.iter().find(|row| truth.get(&*row[0]).is_none_or(|mrn| *mrn != row[1])) {
        Some(row) => Err(format!("document {} of {:?} is filed under another patient: {row:?}", row[2], truth.get(&*row[0]))),
        None => Ok(()),
    }
}

pub async fn every_done_fetch_has_its_document(books: &Books) -> Held {
    let without = "SELECT f.id FROM fetches f LEFT JOIN documents d ON d.id = f.document_id AND d.patient_id = f.patient_id
                   LEFT JOIN latest_documents_all l ON l.document_id = d.id LEFT JOIN bodies b ON b.id = d.body_id
                   WHERE f.state = 'done' AND (d.id IS NULL OR (l.document_id IS NOT NULL AND (b.bytes IS NULL OR length(b.bytes) <> b.length)))";
    books.none("a done fetch without its document, or a latest document without its body", without).await
}

pub async fn attempts_stay_within_their_limit(books: &Books) -> Held {
    books.none("more than five attempts count for a fetch", "SELECT id, attempts FROM fetches WHERE attempts > 5").await?;
    let sent = format!(
        "SELECT run_id, fetch_id, count(*) FROM attempts WHERE kind = 'document' AND id > {} GROUP BY run_id, fetch_id HAVING count(*) > 5",
        books.last_attempt
    );
    books.none("more than five requests of a run for a fetch", &sent).await
}

pub async fn done_stays_done(books: &Books) -> Held {
    let Some(first) = books.done.keys().next() else { return Ok(()) };
    // What is mixed up is taken back from all who got it: that is no longer done.
    let sql = format!("SELECT id, iif(reason = 'mixed_up', 'done', state), coalesce(document_id, 0) FROM fetches WHERE id >= {first}");
    let now = books.ask(&sql).await;
    let now: BTreeMap<i64, (&str, i64)> = now.iter().map(|row| (row[0].parse().unwrap(), (&*row[1], row[2].parse().unwrap()))).collect();
    for (fetch, document) in &books.done {
        match now.get(fetch) {
            Some(("done", same)) if same == document => {}
            None if books.pruned => {}
            other => return Err(format!("fetch {fetch} was done with document {document} and is now {other:?}")),
        }
    }
    Ok(())
}

pub async fn nothing_is_left_in_anybodys_hands(books: &Books) -> Held {
    books.none("a fetch is left leased", "SELECT id FROM fetches WHERE state = 'leased'").await?;
    books.none("an attempt is left without an outcome", "SELECT id FROM attempts WHERE outcome IS NULL").await?;
    books.none("a run is left open", "SELECT id FROM runs WHERE ended_at IS NULL").await
}

pub fn every_run_was_for_its_occurrence(evening: &Evening<'_>) -> Held {
    let Some(occurrence) = evening.occurrence else { return Ok(()) };
    match evening.ends.iter().flatten().find(|end| end.occurrence_at != occurrence.timestamp_millis()) {
        Some(end) => Err(format!("run {} was for {} and not for {occurrence}", end.run, end.occurrence_at)),
        None => Ok(()),
    }
}

pub async fn every_receipt_adds_up(books: &Books, evening: &Evening<'_>) -> Held {
    let Some(end) = evening.last() else { return Ok(()) };
    let (total, listed) = (&end.receipt.total, evening.listed().count() as u64);
    if !end.receipt.adds_up() || total.roster != listed || total.patients != listed {
        return Err(format!("the receipt does not account for the {listed} patients of the roster: {total:?}"));
    }
    // What a run whose clock was ahead had planned and this one has done is of a later occurrence, and counts.
    let states = books
        .ask(&format!(
            "SELECT state, count(*) FROM fetches f WHERE occurrence_at >= {} AND state <> 'superseded' AND patient_id IN
                       (SELECT id FROM patients WHERE removed_at IS NULL) AND NOT EXISTS
                       (SELECT 1 FROM fetches n WHERE n.patient_id = f.patient_id AND n.id > f.id AND n.state <> 'superseded') GROUP BY state",
            end.occurrence_at
        ))
        .await;
    let count = |state: &str| states.iter().find(|row| row[0] == state).map_or(0, |row| row[1].parse::<u64>().unwrap());
    for (state, told) in [("done", total.done), ("absent", total.absent), ("dead", total.dead), ("quarantined", total.quarantined)] {
        if count(state) != told {
            return Err(format!("{told} {state} in the receipt and {} in the database: {states:?}", count(state)));
        }
    }
    Ok(())
}

/// No attempt that was answered is unknown to the vendor, and the vendor knows of none that has no row.
pub async fn every_request_has_its_attempt(books: &Books, evening: &Evening<'_>) -> Held {
    let mut asked: BTreeMap<String, i64> = BTreeMap::new();
    let mut answered = asked.clone();
    for request in &evening.requests {
        let Some(who) = request.patient_token.as_deref().or(request.account.as_deref()) else { continue };
        *asked.entry(who.to_owned()).or_default() += 1;
        *answered.entry(who.to_owned()).or_default() += i64::from(request.status.is_some());
    }
    let rows = books
        .ask(&format!(
            "SELECT coalesce(p.patient_token, c.account), count(*), sum(a.http_status IS NOT NULL) FROM attempts a
             JOIN accounts c ON c.id = a.account_id LEFT JOIN fetches f ON f.id = a.fetch_id LEFT JOIN patients p ON p.id = f.patient_id
             WHERE a.id > {} AND a.reason IS NOT 'rejected_client' GROUP BY 1",
            books.last_attempt
        ))
        .await;
    // To a clock that is far ahead the rows of a night whose last run was killed are old, and retention ends them.
    let may_be_gone = books.pruned && evening.occurrence.is_none();
    let rows: BTreeMap<&str, (i64, i64)> = rows.iter().map(|row| (&*row[0], (row[1].parse().unwrap(), row[2].parse().unwrap()))).collect();
    for who in asked.keys().map(String::as_str).chain(rows.keys().copied()).collect::<BTreeSet<_>>() {
        let (attempts, with_status) = rows.get(who).copied().unwrap_or_default();
        let (asked, answered) = (asked.get(who).copied().unwrap_or(0), answered.get(who).copied().unwrap_or(0));
        if (attempts < asked && !may_be_gone) || with_status > answered {
            return Err(format!(
                "{who}: {asked} requests, {answered} of them answered, and {attempts} attempts, {with_status} with a status"
            ));
        }
    }
    Ok(())
}

pub async fn nobody_is_forgotten(books: &Books, evening: &Evening<'_>) -> Held {
    let Some(end) = evening.last() else { return Ok(()) };
    let newest = books
        .ask(
            "SELECT p.patient_token, f.state, coalesce(f.reason, ''), f.occurrence_at,
                    (SELECT a.outcome FROM attempts a WHERE a.fetch_id = f.id ORDER BY a.id DESC LIMIT 1)
             FROM patients p LEFT JOIN fetches f ON f.id = (SELECT max(n.id) FROM fetches n WHERE n.patient_id = p.id AND n.state <> 'superseded')
             WHERE p.removed_at IS NULL",
        )
        .await;
    let known: BTreeMap<_, _> = newest.iter().map(|row| (&*row[0], row)).collect();
    let listed: BTreeSet<_> = evening.listed().map(|patient| &*patient.token).collect();
    if known.keys().copied().collect::<BTreeSet<_>>() != listed {
        return Err(format!("the roster names {} patients and the database {}", listed.len(), known.len()));
    }
    let work_remains = !matches!(end.exit_code as u8, 0 | 1);
    for row in known.values() {
        let (state, reason, here) = (&*row[1], &*row[2], row[3].parse::<i64>().is_ok_and(|at| at >= end.occurrence_at));
        let in_order = match state {
            "done" | "absent" => here,
            "dead" => !reason.is_empty() && (here || reason == "denied"),
            "quarantined" => !reason.is_empty() && here,
            "waiting" => here && work_remains && (!reason.is_empty() || row[4] == "cancelled" || row[4] == "lost"),
            "pending" => here && work_remains,
            _ => false,
        };
        if !in_order {
            return Err(format!("a patient is forgotten: {row:?}, and the run ended with {:?}", end.exit_code));
        }
    }
    Ok(())
}

pub fn everybody_is_had_when_nothing_is_wrong(evening: &Evening<'_>) -> Held {
    let Some(end) = evening.last().filter(|_| evening.calm) else { return Ok(()) };
    let listed = evening.listed().count() as u64;
    if end.exit_code as u8 == 0 && end.receipt.total.done == listed {
        return Ok(());
    }
    Err(format!("nothing was wrong, and of {listed} patients not all are done: {:?}, {:?}", end.exit_code, end.receipt))
}

/// What `verify` does.
pub async fn the_database_is_sound(books: &Books) -> Held {
    let mut damages = Vec::new();
    let mut verification = Verification::begin(&books.database).await.map_err(|error| error.to_string())?;
    let mut found = |damage| damages.push(damage);
    verification.pages(&mut found).await.map_err(|error| error.to_string())?;
    verification.bodies(&mut found).await.map_err(|error| error.to_string())?;
    verification.states(&mut found).await.map_err(|error| error.to_string())?;
    for stored in verification.receipts().await.map_err(|error| error.to_string())? {
        damages.extend(misprint(&stored.receipt));
        if stored.stands {
            let today = verification.count_again(&stored).await.map_err(|error| error.to_string())?;
            damages.extend(differences(&stored.receipt, today));
        }
    }
    if damages.is_empty() { Ok(()) } else { Err(format!("`verify` finds {damages:?}")) }
}
