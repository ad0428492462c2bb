/** What the pages say, in English; the shape that every language has. Adding one: docs/sign-in.md. */
export const en = {
  language: 'en',
  continueTo: (site: string) => `to continue to ${site}`,
  errorIn: (title: string) => `Error: ${title}`,
  tryAgainIn: (time: string) => `You can try again in ${time}.`,
  account: 'Account',
  password: 'Password',
  show: 'Show',
  hide: 'Hide',
  showThis: (what: string) => `Show ${what.toLowerCase()}`,
  hideThis: (what: string) => `Hide ${what.toLowerCase()}`,
  back: 'Back',
  signOut: 'Sign out',
  signIn: {
    title: 'Sign in',
    button: 'Sign in',
    knownDevice: 'After many wrong tries, use a device on which you have signed in before.',
    startOver: 'Begin again',
    or: 'or',
    with: (provider: string) => `Sign in with ${provider}`,
  },
  signedIn: {
    title: 'You are signed in',
    as: 'as',
    button: 'Continue',
    changePassword: 'Change password',
    factors: 'Second factor',
    linked: 'Linked sign-ins',
  },
  stepUp: {
    title: 'Confirm that it is you',
    lead: 'What comes next needs your confirmation. Nothing that you were doing is lost.',
    button: 'Confirm',
    notNow: 'Not now',
  },
  code: {
    title: 'Second factor',
    lead: 'Open your authenticator app and type the code that it shows.',
    label: 'Code',
    hint: 'Six digits. Without your device, type one of your recovery codes.',
    button: 'Continue',
  },
  totp: {
    title: 'Add an authenticator app',
    lead: 'Scan this with an authenticator app on your phone.',
    demanded: 'Your account needs a second factor beside the password.',
    image: 'QR code with the key below',
    key: 'No camera? Type this key into the app:',
    name: 'What do you call this device?',
    defaultName: 'Phone',
    codeLabel: 'Code from the app',
    codeHint: 'Six digits; they show that the app has the key.',
    button: 'Add',
  },
  recoveryCodes: {
    title: 'Recovery codes',
    lead: 'Each of these signs you in once, should you lose your device. They are shown only now: print them, or keep them in a password manager.',
    before: 'Earlier recovery codes open nothing any more.',
    button: 'I have kept them',
  },
  factors: {
    title: 'Second factor',
    lead: 'With a second factor, a stolen password alone opens nothing.',
    none: 'Your account has no second factor yet.',
    demanded: 'Your account needs one: until then you cannot go on.',
    totp: 'Authenticator app',
    passkey: 'Passkey',
    codesLeft: (left: number) => `${String(left)} recovery codes left`,
    addedOn: (date: string) => `added on ${date}`,
    usedOn: (date: string) => `last used on ${date}`,
    remove: 'Remove',
    removeThis: (name: string) => `Remove ${name}`,
    addTotp: 'Add an authenticator app',
    newCodes: 'New recovery codes',
    changed: 'Done. Everywhere else your account is signed out.',
  },
  changePassword: {
    title: 'Change password',
    lead: 'You stay signed in here. Everywhere else your account is signed out.',
    done: 'Your password is changed.',
    current: 'Current password',
    next: 'New password',
    again: 'New password again',
    hint: (least: number) => `At least ${String(least)} characters. A few words in a row are easy to remember.`,
    differ: 'The two new passwords differ.',
    button: 'Change password',
  },
  newPassword: {
    title: 'Choose a new password',
    lead: 'Your password has to be replaced before you go on. The one that you had opens nothing any more.',
    button: 'Set password',
    same: 'This is the password that is to be replaced.',
  },
  error: {
    lead: (site: string) => `If this goes on, tell the people who run ${site}, and quote`,
    and: 'and',
    toSignIn: 'To the sign-in page',
    toStart: 'To the start page',
  },
  /** By code where the table of errors says it otherwise than this language would; the table's English text stands in. */
  failures: {} as Readonly<Record<string, string>>,
  /** Why a password is refused. */
  refusals: {} as Readonly<Record<string, string>>,
}

/** One language. */
export type Texts = Spoken<typeof en>

type Spoken<T> = T extends string
  ? string
  : T extends (...values: infer V) => string
    ? (...values: V) => string
    : { readonly [K in keyof T]: Spoken<T[K]> }
