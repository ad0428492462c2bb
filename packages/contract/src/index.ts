export type { AuditActor, AuditEvent, AuditKind, AuditResult } from './audit-event.ts'
export type { LoginStepView } from './login-step.ts'
export type { Problem } from './problem.ts'
export type { SessionView } from './session-view.ts'
