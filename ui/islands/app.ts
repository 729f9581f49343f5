// The first page's script: small behaviours that listen on the document, so that they work
// on any page and on fragments that arrive later. What few pages need is loaded when met.
import "./request";
import { bindDialogs } from "./dialog";
import { bindKeys } from "./keys";
import { bindList } from "./list";
import { bindCells } from "./cell";
import { bindLive } from "./live";
import { bindPalette } from "./palette";
import { bindPicks } from "./combobox";
import { bindPreferences } from "./preferences";
import { bindToasts } from "./toast";
import { bindUploads } from "./upload";
import { bindWork } from "./work";
import { bindForms } from "./forms";
import { onLoad } from "./dom";

bindPreferences();
bindToasts();
bindDialogs();
bindPalette();
bindKeys();
bindCells();
bindList();
bindPicks();
bindForms();
bindUploads();
bindLive();
bindWork();

onLoad("[data-board]", async (board) => (await import("./board")).bindBoard(board));
onLoad("[data-wizard]", async (wizard) => (await import("./wizard")).bindWizard(wizard));
onLoad("[data-rich]", async (box) => (await import("./rich")).bindRich(box));
onLoad("[data-expression]", async (box) => (await import("./expression")).bindExpression(box));
document.addEventListener("focusin", async (event) => {
  const box = (event.target as Element).closest<HTMLElement>("[data-divisions]");
  if (!box) return;
  delete box.dataset.divisions;
  (await import("./divisions")).bindDivisions(box);
});
