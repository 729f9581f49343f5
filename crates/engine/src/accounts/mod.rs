//! People's ways in: passwords, sessions of the browser, tokens of programs.

pub mod password;
pub mod session;
pub mod throttle;
pub mod token;

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::record::Record;
use crate::write::{self, Change};
use guanxi_meta::Value;
use guanxi_meta::fault::Fault;
use guanxi_meta::kind::nearest;
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::StoreExt;
use serde_json::{Map, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A new person.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub roles: Vec<String>,
    /// A path, `Sales/East`; what is missing of it is made.
    pub department: Option<String>,
    pub password: Option<String>,
}

/// Adds a person through the one write path; the password is hashed before the transaction.
pub fn add(ctx: &Context, new: NewUser) -> EngineResult<Record> {
    ctx.administer()?;
    if let Some(unknown) = new
        .roles
        .iter()
        .find(|role| !ctx.catalog.roles.contains_key(*role))
    {
        let known: Vec<&str> = ctx.catalog.roles.keys().map(String::as_str).collect();
        let fault = Fault::new("not_among")
            .with("value", unknown)
            .with("permitted", known.join(", "))
            .near(nearest(unknown, known.iter().copied()));
        return Err(EngineError::Invalid(vec![fault.at("roles")]));
    }
    if let Some(password) = &new.password {
        password::check_strength(password, &[&new.email, &new.name])?;
    }
    let department = match &new.department {
        Some(path) => Some(department_at(ctx, path)?),
        None => None,
    };
    let ctx = &ctx.engine.again(ctx)?;
    let mut fields = Map::new();
    fields.insert("email".into(), json!(new.email));
    fields.insert("name".into(), json!(new.name));
    fields.insert("roles".into(), json!(new.roles));
    if let Some(id) = department {
        fields.insert("department".into(), json!(id));
    }
    let object = ctx.object("user")?;
    let saved = write::save(ctx, Change::create(&object, fields))?;
    if let Some(password) = &new.password {
        password::set(ctx, saved.record.seq, password)?;
    }
    Ok(saved.record)
}

/// The department at a path of names from the top, made where it is missing.
pub fn department_at(ctx: &Context, path: &str) -> EngineResult<Uuid> {
    let object = ctx.object("department")?;
    let mut parent: Option<Uuid> = None;
    for name in path
        .split('/')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let found = ctx
            .directory
            .departments()
            .find(|d| d.name == name && d.parent == parent)
            .map(|d| d.id);
        parent = Some(match found.or(child_named(ctx, name, parent)?) {
            Some(id) => id,
            None => {
                let mut fields = Map::new();
                fields.insert("name".into(), json!(name));
                fields.insert("parent".into(), json!(parent));
                write::save(ctx, Change::create(&object, fields))?.id
            }
        });
    }
    parent.ok_or_else(|| EngineError::field("department", "required"))
}

/// Made moments ago, the directory of this context need not know it yet.
fn child_named(ctx: &Context, name: &str, parent: Option<Uuid>) -> EngineResult<Option<Uuid>> {
    let object = ctx.object("department")?;
    let select = Select::of(&object.table, &["id", "parent"])
        .filter(Cond::equal("name", name).and(Cond::null("deleted_at")))
        .order("seq", Direction::Ascending);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows
        .iter()
        .find(|row| row.cells[1].id() == parent)
        .and_then(|row| row.cells[0].id()))
}

/// The active person with this address, in any spelling of its case.
pub fn by_email(ctx: &Context, email: &str) -> Option<i64> {
    let wanted = email.trim().to_lowercase();
    ctx.directory
        .users()
        .find(|user| user.email.to_lowercase() == wanted)
        .map(|user| user.seq)
}

/// Ends every way in of a person, at once.
pub fn disable(ctx: &Context, person: i64) -> EngineResult<()> {
    ctx.administer()?;
    let id = ctx.directory.user(person).ok_or(EngineError::NotFound)?.id;
    let object = ctx.object("user")?;
    let mut fields = Map::new();
    fields.insert("active".into(), json!(false));
    write::save(ctx, Change::update(&object, id, None, fields))?;
    Ok(())
}

/// Whether a user record may come in.
pub fn is_active(record: &Record) -> bool {
    record.deleted_at.is_none() && *record.get("active") != Value::Bool(false)
}

/// 256 random bits as the caller keeps them, and the digest that the database keeps.
pub(crate) fn secret(prefix: &str) -> EngineResult<(String, Vec<u8>)> {
    use base64::Engine as _;
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| EngineError::Broken(error.to_string()))?;
    let text = format!(
        "{prefix}{}",
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    );
    let digest = digest(&text);
    Ok((text, digest))
}

/// A secret of 256 bits needs no slow hash: it can't be guessed.
pub(crate) fn digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}
