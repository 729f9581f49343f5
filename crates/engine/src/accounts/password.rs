//! Passwords: argon2id (RFC 9106, OWASP's parameters: 19 MiB, 2 passes, 1 lane).

use super::throttle;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::system;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use guanxi_meta::Cell;
use guanxi_meta::fault::Fault;
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{Set, StoreExt, Weight};

/// Characters.
const SHORTEST: usize = 10;
const LONGEST: usize = 256;

/// Long enough, not the person's own name, not one character again and again.
pub fn check_strength(password: &str, known: &[&str]) -> EngineResult<()> {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let first = password.chars().next();
    let fault = if length < SHORTEST {
        Fault::new("password_short").with("min", SHORTEST)
    } else if length > LONGEST {
        Fault::new("too_long")
            .with("max", LONGEST)
            .with("length", length)
    } else if password.chars().all(|c| Some(c) == first)
        || known.iter().any(|word| lower == word.to_lowercase())
    {
        Fault::new("password_weak")
    } else {
        return Ok(());
    };
    Err(EngineError::Invalid(vec![fault.at("password")]))
}

/// Sets the password and ends the person's sessions.
pub fn set(ctx: &Context, person: i64, password: &str) -> EngineResult<()> {
    let hash = hash(password)?;
    let now = ctx.now_micros();
    ctx.engine.store().change(Weight::Light, move |tx| {
        let this = Cond::equal("person", person);
        let set = [
            ("hash", Set::To(Cell::from(hash.as_str()))),
            ("changed_at", Set::To(Cell::Int(now))),
        ];
        if tx.update(system::CREDENTIAL, &set, &this)? == 0 {
            let row = vec![Cell::Int(person), Cell::from(hash.as_str()), Cell::Int(now)];
            tx.insert(
                system::CREDENTIAL,
                &["person", "hash", "changed_at"],
                vec![row],
            )?;
        }
        tx.delete(system::SESSION, &this)?;
        Ok::<_, EngineError>(())
    })
}

/// The person whose address and password these are. A wrong address takes as long as a wrong password and answers
/// the same; failures slow down the pair of account and origin, so that nobody can lock another out.
pub fn verify(ctx: &Context, email: &str, password: &str, origin: &str) -> EngineResult<i64> {
    let key = format!("login:{}:{origin}", email.trim().to_lowercase());
    throttle::pass(ctx, &key)?;
    throttle::pass(ctx, &format!("login-from:{origin}"))?;
    let person = super::by_email(ctx, email);
    let stored = match person {
        Some(seq) => stored_hash(ctx, seq)?,
        None => None,
    };
    // Without a real hash a decoy takes as long; nobody has its password, and whoever finds it is nobody still.
    let hash = match &stored {
        Some(hash) => hash.clone(),
        None => decoy()?,
    };
    let matches = matches(password, &hash) && stored.is_some();
    let active = person
        .and_then(|seq| ctx.directory.user(seq))
        .is_some_and(|user| user.active);
    match person.filter(|_| matches && active) {
        Some(seq) => {
            throttle::clear(ctx, &key)?;
            Ok(seq)
        }
        None => {
            throttle::fail(ctx, &key, throttle::ACCOUNT)?;
            throttle::fail(ctx, &format!("login-from:{origin}"), throttle::ORIGIN)?;
            Err(EngineError::Unauthorized)
        }
    }
}

/// The person changes the own password and must know the old one.
pub fn change(ctx: &Context, old: &str, new: &str) -> EngineResult<()> {
    let user = ctx.person().ok_or(EngineError::Unauthorized)?;
    let key = format!("password:{}", user.seq);
    throttle::pass(ctx, &key)?;
    let known = stored_hash(ctx, user.seq)?.is_some_and(|hash| matches(old, &hash));
    if !known {
        throttle::fail(ctx, &key, throttle::ACCOUNT)?;
        return Err(EngineError::field("old_password", "password_wrong"));
    }
    check_strength(new, &[&user.email, &user.name])?;
    set(ctx, user.seq, new)
}

fn stored_hash(ctx: &Context, person: i64) -> EngineResult<Option<String>> {
    let select = Select::of(system::CREDENTIAL, &["hash"])
        .filter(Cond::equal("person", person))
        .limit(1);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows
        .first()
        .and_then(|row| row.cells[0].text().map(str::to_owned)))
}

fn hash(password: &str) -> EngineResult<String> {
    let hashed = Argon2::default().hash_password(password.as_bytes());
    hashed
        .map(|hash| hash.to_string())
        .map_err(|error| EngineError::Broken(error.to_string()))
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| {
        Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .is_ok()
    })
}

fn decoy() -> EngineResult<String> {
    static DECOY: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    if let Some(hash) = DECOY.get() {
        return Ok(hash.clone());
    }
    let made = hash("nobody has this password")?;
    Ok(DECOY.get_or_init(|| made).clone())
}
