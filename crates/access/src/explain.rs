//! Why somebody may, in words.

use guanxi_meta::Lang;
use guanxi_meta::role::Scope;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The row is the person's own.
    Owner,
    /// A role's scope holds the row.
    Role { role: String, scope: Scope },
    /// The row has no owner, and the role sees the pool.
    Pool { role: String },
    /// Somebody shared it with the person.
    Share { by: String },
}

impl Reason {
    pub fn code(&self) -> &'static str {
        match self {
            Reason::Owner => "owner",
            Reason::Role { .. } => "role",
            Reason::Pool { .. } => "pool",
            Reason::Share { .. } => "share",
        }
    }

    /// One sentence in the reader's language.
    pub fn sentence(&self, lang: Lang) -> String {
        match (self, lang) {
            (Reason::Owner, Lang::Zh) => "是这条记录的负责人。".to_owned(),
            (Reason::Owner, Lang::En) => "Owns this record.".to_owned(),
            (Reason::Role { role, scope }, Lang::Zh) => {
                format!("角色 {role} 的数据范围是「{}」。", scope_word(*scope, lang))
            }
            (Reason::Role { role, scope }, Lang::En) => {
                format!("The role {role} reaches “{}”.", scope_word(*scope, lang))
            }
            (Reason::Pool { role }, Lang::Zh) => format!("记录在公海，角色 {role} 可以看公海。"),
            (Reason::Pool { role }, Lang::En) => {
                format!("The record is in the pool, which the role {role} sees.")
            }
            (Reason::Share { by }, Lang::Zh) => format!("{by} 共享了这条记录。"),
            (Reason::Share { by }, Lang::En) => format!("{by} shared this record."),
        }
    }
}

/// A scope as people call it.
pub fn scope_word(scope: Scope, lang: Lang) -> &'static str {
    match (scope, lang) {
        (Scope::None, Lang::Zh) => "无",
        (Scope::Own, Lang::Zh) => "本人",
        (Scope::Team, Lang::Zh) => "本部门",
        (Scope::Below, Lang::Zh) => "本部门及下级",
        (Scope::Region, Lang::Zh) => "本区域",
        (Scope::All, Lang::Zh) => "全部",
        (Scope::None, Lang::En) => "none",
        (Scope::Own, Lang::En) => "own",
        (Scope::Team, Lang::En) => "own department",
        (Scope::Below, Lang::En) => "own department and below",
        (Scope::Region, Lang::En) => "own region",
        (Scope::All, Lang::En) => "all",
    }
}
