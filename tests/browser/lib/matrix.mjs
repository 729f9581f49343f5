// The cells in which pages are looked at: language × width × colours.

const LANGUAGES = ["zh", "en"];
const WIDTHS = [1440, 390];
const SCHEMES = ["light", "dark"];
const LOCALES = { zh: "zh-CN", en: "en-GB" };

/** Every cell: {name, language, width, scheme}. */
export const EVERY = LANGUAGES.flatMap((language) =>
  WIDTHS.flatMap((width) =>
    SCHEMES.map((scheme) => ({ name: `${language}-${width}-${scheme}`, language, width, scheme })),
  ),
);

/** Two cells that differ in everything, for what is not looked at in all of them. */
export const CORNERS = [cell("zh", 1440, "light"), cell("en", 390, "dark")];

/** The cell of these three. */
export function cell(language, width, scheme) {
  return EVERY.find((one) => one.language === language && one.width === width && one.scheme === scheme);
}

/** What a browser context needs to be in this cell. */
export function settings(cell, url) {
  const phone = cell.width < 600;
  return {
    baseURL: url,
    viewport: { width: cell.width, height: phone ? 844 : 900 },
    isMobile: phone,
    hasTouch: phone,
    locale: LOCALES[cell.language],
    timezoneId: "Asia/Shanghai",
    colorScheme: cell.scheme,
    // Nothing moves in a picture, and nobody waits for it to stop.
    reducedMotion: "reduce",
  };
}
