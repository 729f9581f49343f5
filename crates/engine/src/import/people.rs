//! Whom and which department a text in a file means.

use crate::context::Context;
use guanxi_meta::fault::Fault;

/// The `seq` of a user by id, e-mail, name, or `Name <e-mail>`. Two of the same name are `ambiguous`.
pub fn person(ctx: &Context, text: &str) -> Result<i64, Fault> {
    let text = text.trim();
    if let Some(user) = text
        .parse()
        .ok()
        .and_then(|id| ctx.directory.user_by_id(id))
    {
        return Ok(user.seq);
    }
    let email = text
        .rsplit_once('<')
        .map_or(text, |(_, email)| email.trim_end_matches('>'))
        .to_lowercase();
    if let Some(user) = ctx
        .directory
        .users()
        .find(|user| !user.email.is_empty() && user.email.to_lowercase() == email)
    {
        return Ok(user.seq);
    }
    let mut named = ctx.directory.users().filter(|user| user.name == text);
    match (named.next(), named.next()) {
        (Some(user), None) => Ok(user.seq),
        (None, _) => Err(Fault::new("not_found")),
        (Some(_), Some(_)) => Err(Fault::new("ambiguous").with("value", text)),
    }
}

/// The `seq` of a department by id or path (`Sales/East`), or by a name that only one has.
pub fn department(ctx: &Context, text: &str) -> Option<i64> {
    let text = text.trim().trim_matches('/');
    if let Some(found) = text
        .parse()
        .ok()
        .and_then(|id| ctx.directory.department_by_id(id))
    {
        return Some(found.seq);
    }
    let all = || ctx.directory.departments();
    if let Some(found) = all().find(|department| ctx.directory.path(department.seq) == text) {
        return Some(found.seq);
    }
    let mut named = all().filter(|department| department.name == text);
    match (named.next(), named.next()) {
        (Some(department), None) => Some(department.seq),
        _ => None,
    }
}
