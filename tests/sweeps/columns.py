"""Columns that hold texts and are not sown: public ones, those that nobody writes, a few others."""

from __future__ import annotations


def _columns(listed: dict[str, str]) -> set[str]:
    return {f"{model}.{name}" for model, names in listed.items() for name in names.split()}


PUBLIC = _columns(
    {
        "accounts.Authority": "name_zh name_en code",
        "accounts.Institution": "name_zh name_en kind",
        "cases.CalendarDay": "kind name_zh name_en",
        "cases.CalendarVersion": "calendar version years source",
        "cases.Call": "title_zh title_en slug guide_zh guide_en",
        "cases.Case": "title_zh title_en reference number outcome stage",
        "cases.RulebookVersion": "version status digest rules_digest document",
        "cases.Scheme": "title_zh title_en slug",
        "cases.SchemeAuthority": "local_id role",
        "notices.Comment": "receipt sha256 shown",
        "notices.Notice": "draft slug title_zh title_en body_zh body_en sha256 change_zh change_en",
        "notices.NoticeExtension": "reason_zh reason_en",
        "notices.NoticeSummary": "text_zh text_en",
        "notices.PublishedCard": "key state body_zh body_en",
        "notices.PublishedLeaf": "document salt",
        "notices.PublishedName": "key name shape",
        "notices.PublishedSnapshot": "key body_zh body_en digest",
        "notices.PublishedText": "key tokens",
        "notices.Submission": "receipt_sha256 kind about state answer",
        "supervision.Pilot": "public_id rules_digest",
    }
)
"""What is published, or a name under which it is; answers to submissions are sealed."""

CODED = _columns(
    {
        "accounts.Expert": "disciplines",
        "accounts.Institution": "uscc lei",
        "accounts.Invitation": "token_sha256",
        "accounts.Person": "password username",
        "accounts.SignInFailure": "account_sha256 address",
        "cases.Attachment": "section question content_type sha256",
        "cases.Case": "tier",
        "cases.CaseEvent": "kind actor_kind authority",
        "cases.CaseMark": "key",
        "cases.CaseParty": "task",
        "cases.DeadlineFeed": "secret_sha256",
        "cases.Letter": "template consultation",
        "cases.LetterNumber": "code",
        "cases.LetterStep": "signed_for recipient way",
        "cases.LetterVersion": "sha256",
        "cases.NewsItem": "kind subject reference",
        "cases.FormSection": "section",
        "cases.Outbox": "topic payload",
        "cases.OutboxDelivery": "consumer",
        "cases.Task": "key verb kind what_zh what_en",
        "national.Dispatch": "rule reference",
        "national.DispatchStep": "legal_effect",
        "national.DispatchVersion": "sha256",
        "national.RiskTip": "reference",
        "notices.SealedSubmission": "receipt_sha256 sealed",
        "notices.ZoneBundle": "peer digest",
        "notices.ZoneItem": "name state",
        "review.DrawPool": "sha256",
        "review.Panel": "score",
        "review.Review": "scores",
        "review.SheetDraft": "scores",
        "notices.SentFile": "receipt_sha256 content_type sha256 sent_sha256 place automatic",
        "supervision.AlertEpisode": "episode level raised_to rules_digest",
        "supervision.AlertItem": "episode change level path rules_digest journal",
        "supervision.AlertStep": "episode level link_kind link_name office automatic",
        "supervision.BridgeStep": "business automatic",
        "supervision.Complaint": "reference receipt_sha256 sealing_key",
        "supervision.Consequence": "rule kind episode automatic",
        "supervision.CurrentReading": "indicator",
        "supervision.ExitDrill": "digest signature public_key",
        "supervision.ExitPlan": "digest",
        "supervision.ExitReport": "clauses",
        "supervision.ExitStep": "step",
        "supervision.GroupedReading": "rule",
        "supervision.Incident": "reference severity due_step",
        "supervision.IncidentStep": "severity link_kind link_name",
        "supervision.IndicatorReading": "indicator",
        "supervision.IndicatorReturn": "stream sha256 signed_by_key",
        "supervision.JournalMove": "source target",
        "supervision.MachineKey": "source key_id public_key",
        "supervision.MissedStep": "step",
        "supervision.Order": "public_id plan legal_effect authority_local_id rules_digest episode"
        " automatic digest plan_before ended_because",
        "supervision.OrderAcknowledgement": "kind",
        "supervision.OrderApproval": "digest nonce method factor_use",
        "supervision.OrderChallenge": "nonce",
        "supervision.Pilot": "problems automatic",
        "supervision.PilotJournal": "journal moving_to",
        "supervision.PlanApproval": "digest nonce method factor_use",
        "supervision.PlanChallenge": "nonce",
        "supervision.PlanChange": "digest rules_digest step values ended_because",
        "supervision.PlanResult": "digest",
        "supervision.PlanSignature": "digest nonce method factor_use",
        "supervision.PlanTightening": "digest nonce method factor_use",
        "supervision.PlanVersion": "values",
        "supervision.Report": "duty",
        "supervision.ReportChallenge": "nonce",
        "supervision.ReportStep": "automatic",
        "supervision.ReportVersion": "digest nonce method factor_use",
        "supervision.SealedPlan": "plan_id digest",
        "supervision.SourceReading": "source",
        "supervision.StreamCursor": "name",
        "supervision.ToleranceDecision": "decision legal_effect",
        "supervision.ToleranceFinding": "proposal rules_digest",
    }
)
"""Numbers, digests, secrets' hashes, words of closed sets."""

SOWN_ELSEWHERE = _columns(
    {
        # Of institutions that apply to be registered; no page about one is public.
        "accounts.Institution": "refused",
        "accounts.Licence": "title number issued_by",
        # Gone when the sheet is filed, whose reasons are sown.
        "review.SheetDraft": "reasons",
        # Of draws by lot; what is committed is a digest (tests/apps/review).
        "review.DrawPool": "document people",
        # Of panels that meet (tests/web/test_session_pages.py); no publisher reads these tables.
        "review.Minutes": "text present others reason",
        "review.Presenters": "people",
        "review.SessionCall": "place address reason",
        # Between a firm and an authority, or two firms, before any case (test_coaching, test_matching).
        "cases.Coaching": "subject question answer",
        "cases.PartnerProfile": "offers seeks technology scene",
        "cases.PartnerContact": "text answer",
        "cases.Mail": "error",
        # Between authorities (tests/apps/national); no publisher reads these tables.
        "national.Dispatch": "subject text figures",
        "national.DispatchStep": "text",
        "national.DispatchVersion": "canonical",
        "national.RiskTip": "subject text subject_en text_en",
        "national.TipStep": "text",
        # Of letters (test_letters, test_mail_drafts): no publisher reads these tables.
        "cases.LetterStep": "name reason",
        "cases.LetterVersion": "content",
        "cases.NewsItem": "mail_reason",
        # Of a running pilot's wire (tests/apps/supervision): no publisher reads these tables but
        # for public alerts, orders that were issued, and consequences of public rules.
        "cases.OutboxDelivery": "error",
        "notices.Comment": "answer_en",
        "supervision.AlertEpisode": "group explanation title_zh title_en",
        "supervision.AlertItem": "group explanation",
        "supervision.BridgeStep": "licence authority receipt text",
        "supervision.Consequence": "title_zh title_en",
        "supervision.ExitDrill": "certificate",
        "supervision.ExitPlan": "canonical",
        "supervision.ExitReport": "summary_zh summary_en lessons_zh lessons_en clauses_zh"
        " clauses_en",
        "supervision.ExitStep": "note",
        "supervision.GroupedReading": "nearest rungs",
        # Told in tests/apps/supervision; the public page has none of their words.
        "supervision.Incident": "title caller",
        "supervision.IncidentStep": "text facts lessons",
        "supervision.ToleranceDecision": "reason measure",
        "supervision.ToleranceFinding": "facts causation compensation opinion conditions",
        "supervision.IndicatorReturn": "file_name rows totals statement evidence numbers events"
        " counts problem",
        # Of the operator; no page reads it.
        "supervision.JournalMove": "problem",
        "supervision.Order": "canonical",
        "supervision.OrderAcknowledgement": "evidence",
        "supervision.OrderAlarm": "detail",
        "supervision.OrderApproval": "challenge evidence",
        "supervision.OrderChallenge": "canonical",
        "supervision.OrderDelivery": "detail",
        "supervision.OrderEndpoint": "url",
        "supervision.PlanApproval": "challenge evidence",
        "supervision.PlanChallenge": "canonical",
        "supervision.PlanTightening": "canonical challenge evidence",
        "supervision.PlanChange": "basis canonical facts reason_zh reason_en",
        "supervision.EvaluationFigures": "lines",
        "supervision.PlanResult": "data canonical source lines",
        "supervision.PlanSignature": "challenge evidence",
        "supervision.PlanVersion": "reason",
        "supervision.Report": "subject draft",
        "supervision.ReportChallenge": "canonical",
        "supervision.ReportStep": "text changes",
        "supervision.ReportVersion": "canonical challenge evidence",
        "supervision.SealedPlan": "reason canonical",
    }
)
"""Restricted, and not filled by a walk to the run."""
