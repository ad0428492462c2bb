/** A key whose maker gave it a shape that can be recognised anywhere. */
export interface KeyShape {
  readonly name: string
  readonly pattern: RegExp
  /** `public` keys are made for browsers: reported as a note, not as a finding. */
  readonly secret: boolean
}

/** From the providers' own documentation of their key formats. Patterns are linear: fixed prefixes and character classes. */
export const KEY_SHAPES: readonly KeyShape[] = [
  { name: 'Anthropic key', pattern: /\bsk-ant-[A-Za-z0-9_-]{24,}/g, secret: true },
  { name: 'OpenAI key', pattern: /\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,}/g, secret: true },
  { name: 'Stripe secret key', pattern: /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g, secret: true },
  { name: 'Stripe publishable key', pattern: /\bpk_(?:live|test)_[A-Za-z0-9]{16,}/g, secret: false },
  { name: 'Stripe webhook secret', pattern: /\bwhsec_[A-Za-z0-9]{24,}/g, secret: true },
  { name: 'GitHub credential', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})/g, secret: true },
  { name: 'GitLab credential', pattern: /\bglpat-[A-Za-z0-9_-]{20,}/g, secret: true },
  { name: 'Slack credential', pattern: /\bxox[abprs]-[A-Za-z0-9-]{20,}/g, secret: true },
  { name: 'Slack webhook', pattern: /https:\/\/hooks\.slack\.com\/services\/[A-Za-z0-9/]{20,}/g, secret: true },
  { name: 'AWS access key id', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, secret: true },
  { name: 'Google API key', pattern: /\bAIza[A-Za-z0-9_-]{35}/g, secret: true },
  { name: 'Google OAuth client secret', pattern: /\bGOCSPX-[A-Za-z0-9_-]{20,}/g, secret: true },
  { name: 'SendGrid key', pattern: /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g, secret: true },
  { name: 'Mailgun key', pattern: /\bkey-[a-f0-9]{32}\b/g, secret: true },
  { name: 'Resend key', pattern: /\bre_[A-Za-z0-9]{8,}_[A-Za-z0-9]{16,}/g, secret: true },
  { name: 'Twilio key', pattern: /\bSK[a-f0-9]{32}\b/g, secret: true },
  { name: 'Mapbox secret', pattern: /\bsk\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{10,}/g, secret: true },
  { name: 'Mapbox public key', pattern: /\bpk\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{10,}/g, secret: false },
  { name: 'Airtable credential', pattern: /\bpat[A-Za-z0-9]{14}\.[a-f0-9]{40,}/g, secret: true },
  { name: 'Notion credential', pattern: /\b(?:secret|ntn)_[A-Za-z0-9]{40,}/g, secret: true },
  { name: 'Shopify credential', pattern: /\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b/g, secret: true },
  { name: 'Hugging Face credential', pattern: /\bhf_[A-Za-z0-9]{30,}/g, secret: true },
  { name: 'npm credential', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g, secret: true },
  { name: 'Supabase secret key', pattern: /\bsb_secret_[A-Za-z0-9_-]{20,}/g, secret: true },
  { name: 'Telegram bot credential', pattern: /\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b/g, secret: true },
  { name: 'key of a program for Cloakroom', pattern: /\bcloakroom_mk_[a-f0-9]{12}_[A-Za-z0-9_-]{43}/g, secret: true },
  { name: 'private key', pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/g, secret: true },
  { name: 'password in a URL', pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@'"<>]{1,64}:[^\s/:@'"<>]{3,128}@[a-z0-9.-]+/gi, secret: true },
]
