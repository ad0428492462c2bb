import { type Colour, inkOn, readableOn, readColour, writeColour } from './colour.ts'
import type { Theme } from './theme.ts'

/** The one style sheet of the gateway's own pages, in the theme's colour. No font, image or sheet from anywhere else. */
export function styleSheet(theme: Theme): string {
  return `:root{color-scheme:light dark;${LIGHT}${accents(theme.accent, LIGHT_GROUNDS)}}
@media (prefers-color-scheme:dark){:root{${DARK}${accents(theme.accent, DARK_GROUNDS)}}}
${RULES}`
}

const LIGHT =
  '--page:#f3f4f6;--card:#ffffff;--text:#1a1d21;--muted:#555d68;--line:#d9dde3;--edge:#7b838e;--field:#ffffff;--error:#a3171f;--error-ground:#fdf0f0;--error-line:#f0c4c4;--done:#17603a;--done-ground:#eef8f1;--done-line:#bfe0cb;--shadow:0 1px 2px rgb(16 24 40/.06),0 12px 32px -12px rgb(16 24 40/.18);'
const DARK =
  '--page:#0f1216;--card:#181c22;--text:#e9ebee;--muted:#a6aeb9;--line:#2b313a;--edge:#75808e;--field:#11151a;--error:#ffb3b0;--error-ground:#2e191b;--error-line:#5c2d30;--done:#9fdcb6;--done-ground:#15291d;--done-line:#2c5039;--shadow:0 1px 2px rgb(0 0 0/.4),0 16px 40px -16px rgb(0 0 0/.7);'

/** The grounds that the accent stands on: page and card. */
const LIGHT_GROUNDS = ['#f3f4f6', '#ffffff']
const DARK_GROUNDS = ['#0f1216', '#181c22']

/** The button has the owner's colour; its edge makes it stand out (WCAG 1.4.11: 3), its ink and the links are readable (1.4.3: 4.5). */
function accents(accent: Colour, grounds: readonly string[]): string {
  const colours = grounds.map(readColour).filter((colour) => colour !== null)
  const [edge, link] = [readableOn(accent, colours, 3), readableOn(accent, colours, 4.5)]
  return `--accent:${writeColour(accent)};--accent-edge:${writeColour(edge)};--ink:${writeColour(inkOn(accent))};--link:${writeColour(link)};`
}

const RULES = `*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;display:grid;place-items:center;padding:1.5rem 1rem;background:var(--page);color:var(--text);font:400 1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{width:100%;max-width:25rem;padding:2.25rem 2.25rem 2rem;background:var(--card);border:1px solid var(--line);border-radius:1rem;box-shadow:var(--shadow)}
.brand{display:flex;align-items:center;gap:.75rem;margin:0 0 1.75rem;color:var(--muted);font-weight:600;overflow-wrap:anywhere}
.brand img{display:block;max-height:2.5rem;max-width:100%;width:auto}
.mark{flex:none;display:grid;place-items:center;width:2.5rem;height:2.5rem;border-radius:.7rem;border:1px solid var(--accent-edge);background:var(--accent);color:var(--ink);font-weight:700;font-size:1.2rem;line-height:1}
h1{margin:0 0 .375rem;font-size:1.625rem;line-height:1.2;letter-spacing:-.015em;font-weight:650;text-wrap:balance;hyphens:auto;overflow-wrap:anywhere}
p{margin:0 0 1rem;overflow-wrap:anywhere}
.lead{color:var(--muted);margin-bottom:1.5rem}
.lead strong{color:var(--text);font-weight:600}
form{margin:0}
.field{margin:0 0 1.125rem}
label{display:block;margin:0 0 .375rem;font-weight:550;font-size:.9375rem}
.entry{position:relative}
input{display:block;width:100%;min-height:2.875rem;padding:.5rem .8125rem;border:1px solid var(--edge);border-radius:.625rem;background:var(--field);color:var(--text);font:inherit}
input[readonly]{background:transparent;border-color:var(--line);color:var(--muted)}
input[aria-invalid=true]{border-color:var(--error)}
.entry.revealing input{padding-right:4.75rem}
.reveal{position:absolute;top:.25rem;right:.25rem;bottom:.25rem;padding:0 .8rem;border:0;border-radius:.45rem;background:transparent;color:var(--link);font:inherit;font-size:.875rem;font-weight:600;cursor:pointer}
.hint{margin:.375rem 0 0;color:var(--muted);font-size:.875rem}
.button{display:flex;align-items:center;justify-content:center;width:100%;min-height:2.875rem;padding:.5rem 1rem;border:1px solid var(--accent-edge);border-radius:.625rem;background:var(--accent);color:var(--ink);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
.button:hover{filter:brightness(.94)}
.button.quiet{background:transparent;border-color:var(--edge);color:var(--text)}
.button.quiet:hover{filter:none;background:var(--page)}
form .button{margin-top:1.5rem}
.actions{display:grid;gap:.75rem}
.actions form .button{margin-top:0}
.or{display:flex;align-items:center;gap:.75rem;margin:1.5rem 0;color:var(--muted);font-size:.875rem}
.or::before,.or::after{content:"";flex:1;border-top:1px solid var(--line)}
.more{margin:1.5rem 0 0;text-align:center}
.sessions{list-style:none;margin:0 0 1.5rem;padding:0;display:grid;gap:.75rem}
.sessions li{padding:.875rem;border:1px solid var(--line);border-radius:.625rem}
.device{margin:0}
.tag{display:inline-block;padding:.0625rem .5rem;border-radius:1rem;background:var(--done-ground);color:var(--done);border:1px solid var(--done-line);font-size:.8125rem;font-weight:600}
.button.small{width:auto;min-height:2.25rem;margin-top:.75rem;padding:.25rem .875rem;font-size:.9375rem}
a{color:var(--link);text-underline-offset:.2em;text-decoration-thickness:.08em}
.note{margin:0 0 1.25rem;padding:.75rem .875rem;border-radius:.625rem;font-size:.9375rem}
.note p{margin:0}
.note p+p{margin-top:.25rem}
.error{background:var(--error-ground);color:var(--error);border:1px solid var(--error-line)}
.done{background:var(--done-ground);color:var(--done);border:1px solid var(--done-line)}
form.more{text-align:center}
.languages{display:flex;flex-wrap:wrap;justify-content:center;align-items:center;gap:.5rem;margin:1rem 0 0;font-size:.875rem;color:var(--muted)}
.languages span{padding:.25rem .5rem}
form .link,.link{padding:.25rem .5rem;border:0;border-radius:.45rem;background:transparent;color:var(--link);font:inherit;text-decoration:underline;text-underline-offset:.2em;cursor:pointer}
.qr{display:block;width:100%;max-width:14rem;margin:0 auto 1rem;border-radius:.625rem}
.codes{margin:0 0 1.5rem;padding-left:2rem;columns:1;font-size:1.0625rem}
.codes li{margin:.25rem 0}
form[data-passkey]{margin:0 0 1rem}form[data-passkey] .button{margin-top:0}form+form[data-passkey]{margin-top:.75rem}.actions form[data-passkey]{margin:0}.hint+.actions{margin-top:1rem}
.actions form .hint{margin:0 0 .375rem}
.hint:empty{display:none}
.list{list-style:none;margin:0 0 1.25rem;padding:0;border-top:1px solid var(--line)}
.list li{display:flex;gap:1rem;align-items:center;justify-content:space-between;padding:.75rem 0;border-bottom:1px solid var(--line)}
.list p{margin:0}
progress{width:100%;height:.5rem;accent-color:var(--accent)}
code{font:400 .875em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
input:focus-visible{outline-offset:0;border-color:transparent}
[hidden]{display:none!important}
@media (max-width:30rem){main{padding:1.75rem 1.25rem 1.5rem;border-radius:.875rem}body{padding:1rem .75rem}}
@media (forced-colors:active){.mark,.note{border:1px solid}}
`
