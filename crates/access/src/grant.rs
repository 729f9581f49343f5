//! A grant: which rows of one object, and which of its fields, one person may use for one action.

use crate::directory::{Directory, User};
use crate::explain::Reason;
use guanxi_meta::role::{FieldRight, Role, Scope};
use guanxi_meta::{Catalog, Cell, Object};
use guanxi_query::cond::Cond;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Read,
    Create,
    Update,
    Delete,
    Export,
}

impl Action {
    pub const ALL: [Action; 5] = [
        Action::Read,
        Action::Create,
        Action::Update,
        Action::Delete,
        Action::Export,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Action::Read => "read",
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
            Action::Export => "export",
        }
    }

    pub fn scope(self, role: &Role, object: &str) -> Scope {
        let rights = role.rights(object);
        match self {
            Action::Read => rights.read,
            Action::Create => rights.create,
            Action::Update => rights.update,
            Action::Delete => rights.delete,
            Action::Export => rights.export,
        }
    }
}

/// Which rows. Sets are of `seq`; owner 0 is the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    None,
    All,
    Some {
        owners: Vec<i64>,
        departments: Vec<i64>,
    },
}

/// Where a row stands: what the grant asks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub owner: i64,
    pub department: i64,
}

/// The table of shares; the engine declares it, the grant only names it.
pub const SHARES: &str = "record_share";

#[derive(Debug, Clone)]
pub struct Grant {
    pub object: Arc<Object>,
    pub action: Action,
    pub actor: i64,
    pub rows: Rows,
    /// In the order of the object's fields.
    fields: Vec<FieldRight>,
    reasons: Vec<(Reason, Rows)>,
}

impl Grant {
    /// What the roles of `user` give together: the union of rows, the strongest right per field.
    pub fn new(
        catalog: &Catalog,
        directory: &Directory,
        user: &User,
        object: &Arc<Object>,
        action: Action,
    ) -> Grant {
        let roles: Vec<&Role> = user
            .roles
            .iter()
            .filter_map(|name| catalog.roles.get(name))
            .collect();
        let mut reasons = Vec::new();
        for role in &roles {
            let scope = action.scope(role, &object.name);
            let rows = rows_of(scope, directory, user);
            if rows != Rows::None {
                reasons.push((
                    Reason::Role {
                        role: role.name.clone(),
                        scope,
                    },
                    rows,
                ));
            }
            if role.pool && scope != Scope::None && action != Action::Delete {
                let rows = Rows::Some {
                    owners: vec![0],
                    departments: Vec::new(),
                };
                reasons.push((
                    Reason::Pool {
                        role: role.name.clone(),
                    },
                    rows,
                ));
            }
        }
        let rows = reasons
            .iter()
            .fold(Rows::None, |all, (_, rows)| union(all, rows));
        let right = |field: &str| {
            roles
                .iter()
                .map(|role| role.field(&object.name, field))
                .max()
        };
        let fields = object
            .fields
            .iter()
            .map(|field| right(&field.name).unwrap_or(FieldRight::None))
            .collect();
        Grant {
            object: object.clone(),
            action,
            actor: user.seq,
            rows,
            fields,
            reasons,
        }
    }

    /// Everything: the system itself (migrations, jobs that act for nobody). Never made from a request.
    pub fn system(object: &Arc<Object>, action: Action) -> Grant {
        let fields = vec![FieldRight::Write; object.fields.len()];
        Grant {
            object: object.clone(),
            action,
            actor: 0,
            rows: Rows::All,
            fields,
            reasons: Vec::new(),
        }
    }

    pub fn may_read(&self, field: usize) -> bool {
        self.fields
            .get(field)
            .is_some_and(|right| *right >= FieldRight::Read)
    }

    pub fn may_write(&self, field: usize) -> bool {
        self.fields
            .get(field)
            .is_some_and(|right| *right >= FieldRight::Write)
    }

    /// Whether no row at all can be reached, shares included. `read` shares reach through any scope but none.
    pub fn is_empty(&self) -> bool {
        self.rows == Rows::None
    }

    /// Whether scopes alone admit a row that stands so; shares are asked for beside this.
    pub fn admits(&self, standing: Standing) -> bool {
        match &self.rows {
            Rows::None => false,
            Rows::All => true,
            Rows::Some {
                owners,
                departments,
            } => owners.contains(&standing.owner) || departments.contains(&standing.department),
        }
    }

    /// Whether a record that somebody shared with the actor is within this action.
    pub fn follows_shares(&self) -> bool {
        matches!(self.rows, Rows::Some { .. })
            && matches!(self.action, Action::Read | Action::Update)
    }

    /// The rows as streams that do not overlap, each served in order by an index on (owner, key) or (department, key).
    /// Empty when no condition is needed.
    pub fn branches(&self) -> Vec<Cond> {
        let Rows::Some {
            owners,
            departments,
        } = &self.rows
        else {
            return if self.rows == Rows::All {
                Vec::new()
            } else {
                vec![Cond::False]
            };
        };
        // Streams that are too many cost more than one that is sorted.
        const MOST_STREAMS: usize = 40;
        let mut branches: Vec<Cond> = Vec::new();
        if departments.len() + owners.len() <= MOST_STREAMS {
            branches.extend(
                departments
                    .iter()
                    .map(|&seq| Cond::equal("department", seq)),
            );
        } else if !departments.is_empty() {
            branches.push(in_seqs("department", departments));
        }
        let outside = if departments.is_empty() {
            Cond::True
        } else {
            !in_seqs("department", departments)
        };
        branches.extend(
            owners
                .iter()
                .map(|&seq| Cond::equal("owner", seq).and(outside.clone())),
        );
        if self.follows_shares() {
            branches.push(self.shared().and(!in_seqs("owner", owners)).and(outside));
        }
        branches
    }

    /// The rows as one condition, for links, counts and whatever needs no order.
    pub fn cond(&self) -> Cond {
        match &self.rows {
            Rows::None => Cond::False,
            Rows::All => Cond::True,
            Rows::Some {
                owners,
                departments,
            } => {
                let mut cond = Cond::False;
                if !owners.is_empty() {
                    cond = cond.or(in_seqs("owner", owners));
                }
                if !departments.is_empty() {
                    cond = cond.or(in_seqs("department", departments));
                }
                if self.follows_shares() {
                    cond.or(self.shared())
                } else {
                    cond
                }
            }
        }
    }

    /// The condition on the shares' table for this actor, object and action.
    pub fn share_cond(&self) -> Cond {
        let cond = Cond::equal("person", self.actor)
            .and(Cond::equal("object", self.object.table.as_str()));
        if self.action == Action::Read {
            cond
        } else {
            cond.and(Cond::equal("writable", 1))
        }
    }

    /// Why a row that stands so is within the grant; empty when it is not (by scope).
    pub fn reasons(&self, standing: Standing) -> Vec<Reason> {
        let mut found: Vec<Reason> = Vec::new();
        if standing.owner == self.actor && self.actor != 0 && self.admits(standing) {
            found.push(Reason::Owner);
        }
        found.extend(
            self.reasons
                .iter()
                .filter(|(_, rows)| contains(rows, standing))
                .map(|(reason, _)| reason.clone()),
        );
        found
    }

    fn shared(&self) -> Cond {
        Cond::Among {
            column: "id".to_owned(),
            table: SHARES.to_owned(),
            select: "record".to_owned(),
            cond: Box::new(self.share_cond()),
        }
    }
}

fn in_seqs(column: &str, seqs: &[i64]) -> Cond {
    match seqs {
        [] => Cond::False,
        [one] => Cond::equal(column, *one),
        many => Cond::among(column, many.iter().map(|&seq| Cell::Int(seq)).collect()),
    }
}

fn contains(rows: &Rows, standing: Standing) -> bool {
    match rows {
        Rows::None => false,
        Rows::All => true,
        Rows::Some {
            owners,
            departments,
        } => owners.contains(&standing.owner) || departments.contains(&standing.department),
    }
}

fn rows_of(scope: Scope, directory: &Directory, user: &User) -> Rows {
    let own = vec![user.seq];
    // A person without a department has no colleagues; 0 would be everybody else without one.
    let departments = match scope {
        Scope::None => return Rows::None,
        Scope::All => return Rows::All,
        Scope::Own => Vec::new(),
        _ if user.department == 0 => Vec::new(),
        Scope::Team => vec![user.department],
        Scope::Below => directory.below(user.department),
        Scope::Region => directory.below(directory.region(user.department)),
    };
    Rows::Some {
        owners: own,
        departments,
    }
}

fn union(left: Rows, right: &Rows) -> Rows {
    match (left, right) {
        (Rows::All, _) | (_, Rows::All) => Rows::All,
        (Rows::None, rows) => rows.clone(),
        (rows, Rows::None) => rows,
        (
            Rows::Some {
                mut owners,
                mut departments,
            },
            Rows::Some {
                owners: more,
                departments: others,
            },
        ) => {
            owners.extend(
                more.iter()
                    .filter(|seq| !owners.contains(seq))
                    .copied()
                    .collect::<Vec<_>>(),
            );
            departments.extend(
                others
                    .iter()
                    .filter(|seq| !departments.contains(seq))
                    .copied()
                    .collect::<Vec<_>>(),
            );
            Rows::Some {
                owners,
                departments,
            }
        }
    }
}
