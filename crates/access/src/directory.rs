//! The people and the tree of departments, as one immutable picture per version.

use std::collections::HashMap;
use uuid::Uuid;

/// A person who may log in. `seq` is what rows carry as their owner.
#[derive(Debug, Clone, Default)]
pub struct User {
    pub seq: i64,
    pub id: Uuid,
    pub name: String,
    pub email: String,
    /// `seq` of the department; 0 is none.
    pub department: i64,
    pub roles: Vec<String>,
    pub active: bool,
    pub language: Option<String>,
    pub time_zone: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Department {
    pub seq: i64,
    pub id: Uuid,
    pub name: String,
    /// `None` at the top.
    pub parent: Option<Uuid>,
    /// Whether the scope `region` stops its way upwards here.
    pub region: bool,
}

/// Everybody, by what rows and addresses name them with.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    pub version: i64,
    users: HashMap<i64, User>,
    user_of: HashMap<Uuid, i64>,
    departments: HashMap<i64, Department>,
    department_of: HashMap<Uuid, i64>,
    children: HashMap<i64, Vec<i64>>,
}

impl Directory {
    pub fn new(version: i64, users: Vec<User>, departments: Vec<Department>) -> Directory {
        let user_of = users.iter().map(|user| (user.id, user.seq)).collect();
        let department_of: HashMap<Uuid, i64> = departments.iter().map(|d| (d.id, d.seq)).collect();
        let mut children: HashMap<i64, Vec<i64>> = HashMap::new();
        for department in &departments {
            if let Some(parent) = department.parent.and_then(|id| department_of.get(&id)) {
                children.entry(*parent).or_default().push(department.seq);
            }
        }
        Directory {
            version,
            users: users.into_iter().map(|user| (user.seq, user)).collect(),
            user_of,
            departments: departments
                .into_iter()
                .map(|department| (department.seq, department))
                .collect(),
            department_of,
            children,
        }
    }

    pub fn user(&self, seq: i64) -> Option<&User> {
        self.users.get(&seq)
    }

    pub fn user_by_id(&self, id: Uuid) -> Option<&User> {
        self.user(*self.user_of.get(&id)?)
    }

    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    pub fn department(&self, seq: i64) -> Option<&Department> {
        self.departments.get(&seq)
    }

    pub fn department_by_id(&self, id: Uuid) -> Option<&Department> {
        self.department(*self.department_of.get(&id)?)
    }

    pub fn departments(&self) -> impl Iterator<Item = &Department> {
        self.departments.values()
    }

    /// The department itself and all below it. A ring in the tree (which saving refuses) ends the walk.
    pub fn below(&self, department: i64) -> Vec<i64> {
        let mut found = vec![department];
        let mut next = 0;
        while next < found.len() {
            for child in self.children.get(&found[next]).into_iter().flatten() {
                if !found.contains(child) {
                    found.push(*child);
                }
            }
            next += 1;
        }
        found
    }

    /// The nearest department upwards, itself included, that is marked as a region; the department itself if none is.
    pub fn region(&self, department: i64) -> i64 {
        self.upwards(department)
            .find(|d| d.region)
            .map_or(department, |d| d.seq)
    }

    /// The names from the top to the department: `Sales/East`.
    pub fn path(&self, department: i64) -> String {
        let mut names: Vec<&str> = self.upwards(department).map(|d| d.name.as_str()).collect();
        names.reverse();
        names.join("/")
    }

    /// Itself and its parents, at most 64 levels.
    fn upwards(&self, department: i64) -> impl Iterator<Item = &Department> {
        let parent = |d: &&Department| d.parent.and_then(|id| self.department_by_id(id));
        std::iter::successors(self.department(department), parent).take(64)
    }
}
