// The API's own document as forms: each operation can be tried with the token that was entered.
const token = document.getElementById("token");
const find = document.getElementById("find");
const state = document.getElementById("state");
const list = document.getElementById("paths");
const BASE = "/api/v1";

function make(name, text, className) {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  if (className) element.className = className;
  return element;
}

async function call(method, path, body) {
  const headers = { Authorization: `Bearer ${token.value.trim()}` };
  if (body) headers["Content-Type"] = "application/json";
  return fetch(BASE + path, { method, headers, body: body || undefined });
}

function inputs(form, operation, shared) {
  const fields = [];
  for (const parameter of [...shared, ...(operation.parameters || [])]) {
    if (parameter.in === "header") continue;
    const label = make("label", parameter.name);
    const input = make("input");
    input.title = parameter.description || "";
    label.append(input);
    form.append(label);
    fields.push({ parameter, input });
  }
  return fields;
}

function address(path, fields) {
  const query = new URLSearchParams();
  let filled = path;
  for (const { parameter, input } of fields) {
    if (parameter.in === "path") filled = filled.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (input.value) query.set(parameter.name, input.value);
  }
  return query.size ? `${filled}?${query}` : filled;
}

function operationView(path, method, operation, shared) {
  const details = make("details");
  const summary = make("summary");
  summary.append(make("span", method.toUpperCase(), "verb"), make("code", path), make("span", operation.summary, "soft"));
  const form = make("form");
  const fields = inputs(form, operation, shared);
  const body = operation.requestBody ? make("textarea", "{}") : null;
  if (body) {
    body.setAttribute("aria-label", "JSON");
    form.append(body);
  }
  const answer = make("pre");
  answer.tabIndex = 0;
  answer.hidden = true;
  form.append(make("button", "试一试 / Try"), answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const response = await call(method.toUpperCase(), address(path, fields), body && body.value);
    const text = await response.text();
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it is */ }
    answer.textContent = `${response.status} ${response.statusText}\n\n${shown}`;
    answer.hidden = false;
  });
  details.append(summary, form);
  details.dataset.text = `${path} ${operation.summary}`.toLowerCase();
  return details;
}

function show(documentation) {
  list.replaceChildren();
  let tag = "";
  for (const [path, item] of Object.entries(documentation.paths)) {
    for (const method of ["get", "post", "patch", "put", "delete"]) {
      const operation = item[method];
      if (!operation) continue;
      if (operation.tags[0] !== tag) {
        tag = operation.tags[0];
        list.append(make("h2", tag));
      }
      list.append(operationView(path, method, operation, item.parameters || []));
    }
  }
}

async function load() {
  if (!token.value.trim()) return;
  const response = await call("GET", "/openapi.json");
  if (!response.ok) {
    state.textContent = `${response.status}: 令牌无效。The token is not accepted.`;
    return;
  }
  const documentation = await response.json();
  state.textContent = `${documentation.info.title} ${documentation.info.version}`;
  show(documentation);
}

token.addEventListener("change", load);
find.addEventListener("input", () => {
  const wanted = find.value.trim().toLowerCase();
  for (const entry of list.querySelectorAll("details")) entry.hidden = !entry.dataset.text.includes(wanted);
});
