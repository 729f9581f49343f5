//! A running application on either database, actors, and a browser, for tests.
