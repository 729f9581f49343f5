// Formatted text: an editor over the form's own text area, which keeps the HTML that is sent and works without scripts.
import { Editor } from "@tiptap/core";
import StarterKit from "@tiptap/starter-kit";
import { icon, one } from "./dom";

interface Tool { icon: string; run: (editor: Editor) => void; is?: string; level?: number }

export function bindRich(box: HTMLElement): void {
  const area = one<HTMLTextAreaElement>("textarea", box);
  if (!area) return;
  const labels = (box.dataset.rich ?? "").split("|");
  const surface = document.createElement("div");
  surface.className = "rich-text";
  const bar = document.createElement("div");
  bar.className = "rich-bar";
  bar.setAttribute("role", "toolbar");
  bar.ariaLabel = labels[0] ?? "";
  const editor = new Editor({
    element: surface,
    injectCSS: false,
    content: area.value,
    extensions: [StarterKit.configure({ heading: { levels: [2, 3] }, link: { openOnClick: false, protocols: ["mailto", "tel"] }, codeBlock: false })],
    editorProps: { attributes: { role: "textbox", "aria-multiline": "true", "aria-label": label(area), class: "area" } },
    onUpdate: () => {
      area.value = editor.isEmpty ? "" : editor.getHTML();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    },
    onTransaction: () => show(),
  });
  const buttons = TOOLS.map((tool, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = labels[at + 1] ?? "";
    button.ariaLabel = button.title;
    button.append(icon(tool.icon));
    button.addEventListener("click", () => tool.run(editor));
    return button;
  });
  const show = () => TOOLS.forEach((tool, at) => {
    if (tool.is) buttons[at]?.setAttribute("aria-pressed", String(editor.isActive(tool.is, tool.level ? { level: tool.level } : {})));
  });
  bar.append(...buttons);
  area.hidden = true;
  area.before(bar, surface);
  show();
}

const TOOLS: Tool[] = [
  { icon: "bold", is: "bold", run: (editor) => editor.chain().focus().toggleBold().run() },
  { icon: "italic", is: "italic", run: (editor) => editor.chain().focus().toggleItalic().run() },
  { icon: "strikethrough", is: "strike", run: (editor) => editor.chain().focus().toggleStrike().run() },
  { icon: "heading", is: "heading", level: 2, run: (editor) => editor.chain().focus().toggleHeading({ level: 2 }).run() },
  { icon: "list", is: "bulletList", run: (editor) => editor.chain().focus().toggleBulletList().run() },
  { icon: "list-ordered", is: "orderedList", run: (editor) => editor.chain().focus().toggleOrderedList().run() },
  { icon: "quote", is: "blockquote", run: (editor) => editor.chain().focus().toggleBlockquote().run() },
  { icon: "link", is: "link", run: link },
  { icon: "undo-2", run: (editor) => editor.chain().focus().undo().run() },
  { icon: "redo-2", run: (editor) => editor.chain().focus().redo().run() },
];

/** A selected address becomes a link, a link becomes plain again. */
function link(editor: Editor): void {
  if (editor.isActive("link")) {
    editor.chain().focus().unsetLink().run();
    return;
  }
  const { from, to } = editor.state.selection;
  const text = editor.state.doc.textBetween(from, to).trim();
  if (!text) return;
  const href = text.includes("@") && !text.includes("/") ? `mailto:${text}` : /^[a-z]+:/i.test(text) ? text : `https://${text}`;
  editor.chain().focus().setLink({ href }).run();
}

const label = (area: HTMLTextAreaElement): string => area.labels?.[0]?.textContent?.trim() ?? area.name;
