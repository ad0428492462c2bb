import { LETTER_LANGUAGES, type LetterLanguage, type LetterName, type Template, type Templates } from './templates.ts'

/** The letters that come with the gateway; `mail.templates` names a folder of an owner's own. */
export const builtIn: Templates = (name, language) => BUILT_IN[LETTER_LANGUAGES.find((each) => each === language) ?? 'en'][name]

const BUILT_IN: Readonly<Record<LetterLanguage, Readonly<Record<LetterName, Template>>>> = {
  en: {
    reset: {
      subject: 'A new password for {{site}}',
      text: `Somebody asked for a new password for the account {{account}} at {{site}}.

Choose it here within {{minutes}} minutes; the link works once:

{{link}}

Was it not you? Then do nothing: your password stays as it is. It was asked for
at {{time}} from the address {{address}}.
`,
    },
    notice: {
      subject: 'News of your account at {{site}}',
      text: `This happened to the account {{account}} at {{site}}:

{{what}}

Was it you? Then there is nothing to do.

Was it not you?
1. Sign out what you do not know: {{sessions}}
2. Change your password: {{password}}
3. Your password does not work any more? Get a new one: {{forgot}}
4. Tell the people who run {{site}}.
`,
    },
  },
  de: {
    reset: {
      subject: 'Ein neues Passwort für {{site}}',
      text: `Jemand hat ein neues Passwort für das Konto {{account}} bei {{site}} verlangt.

Hier wählen Sie es innerhalb von {{minutes}} Minuten; der Link gilt einmal:

{{link}}

Waren Sie das nicht? Dann tun Sie nichts: Ihr Passwort bleibt, wie es ist.
Verlangt wurde es um {{time}} von der Adresse {{address}}.
`,
    },
    notice: {
      subject: 'Neues von Ihrem Konto bei {{site}}',
      text: `Mit dem Konto {{account}} bei {{site}} ist das geschehen:

{{what}}

Waren Sie das? Dann ist nichts zu tun.

Waren Sie das nicht?
1. Melden Sie ab, was Sie nicht kennen: {{sessions}}
2. Ändern Sie Ihr Passwort: {{password}}
3. Ihr Passwort gilt nicht mehr? Ein neues bekommen Sie hier: {{forgot}}
4. Sagen Sie es denen, die {{site}} betreiben.
`,
    },
  },
}
