"""What keywords are called when one speaks of a change, in both languages."""

from __future__ import annotations

from shidian.core.rulebook.model import Text

_TABLE = """
rulebook|标识|id
version|版本|version
status|状态|status
extends|沿用的制度|rulebook it extends
title|名称|title
summary|摘要|summary
disclaimer|声明|disclaimer
sources|来源|source
kind|种类|kind
grade|证据等级|grade of evidence
url|网址|address
number|编号格式|number
date|日期|date
authorities|主管部门|authority
id|标识|id
name|名称|name
role|角色|role
verbs|职权|powers
valid_from|名称启用日|name valid from
valid_to|名称停用日|name valid until
place|属地|place
zone|法定时间|legal time
currency|币种|currency
currency_name|币种名称|name of the currency
calendars|日历|calendars
deadlines|期限所用日历|calendar of deadlines
market|市场日历|market calendar
session|交易时段日历|calendar of sessions
principles|原则|principles
intake|申报|intake
mode|方式|mode
kinds|种类|kinds
licensed|持牌|licensed
lead|牵头者|lead
partner|合作机构|partners
partners_max|合作机构数上限|most partners
licensed_lead|牵头机构须持牌|lead must be licensed
identifier|机构识别码|what identifies an institution
territory|地域要求|territory
slots|名额|places
window|窗口期|window
every_months|周期|interval
length|长度|length
unit|单位|unit
fees|费用|fee
amount|金额|amount
free_for|免收对象|free for
reapply_after|再次申报间隔|time before reapplying
coaching|申报辅导|coaching
answer_within|答复期限|time to answer
note|说明|note
tiers|风险分级|risk tiers
graded_in|定级阶段|graded in
factors|评级因素|factor weighed
levels|等级|levels
meaning|含义|meaning
when|适用条件|condition
skips|跳过的阶段|stages skipped
caps|限额比例（%）|caps, in per cent
reports|报告|report
clocks|时限|time limit
below|须低于|must stay below
warn_at|预警比例（%）|warning at, in per cent
form|申报栏目|section of the form
guidance|填写说明|guidance
hard_gate|硬性关口|hard gate
show_if|显示条件|asked only if
questions|问题|question
label|问题文字|wording of the question
required|必填|required
options|选项|option
max_length|字数上限|most characters
minimum|下限|minimum
maximum|上限|maximum
accept|文件格式|file formats
size_max_mib|文件大小上限（MiB）|largest file, in MiB
plan|试点参数|plan parameter
public|公开|public
computed|计算方式|computed as
checks|校验|check
rule|规则|rule
message|提示文字|message
materials|申报材料|document
stage|阶段|stage
template|模板|template
seal|须盖章|seal needed
signature|须签字|signature needed
valid_months|有效期（月）|valid for months
marking|密级标识|marking
criteria|评审标准|criterion
question|判断问题|question asked
mandatory|强制|mandatory
weight|权重|weight
positive|正面情形|signs in favour
negative|负面情形|signs against
waivers|豁免|waivers
relaxable|可放宽的规则|rule that may be relaxed
article|条款|article
never|不得放宽的规则|rule that may never be relaxed
blanket|整体豁免|blanket waivers
paired_with|替代措施|what stands in its place
stages|阶段|stage
names|各方所见名称|names
staff|内部名称|name for staff
applicant|申报机构所见名称|name for applicants
clock|时限|time limit
duties|职责|duties
next|去向|ways onward
panel|专家组|panel
min|最少人数|members at least
max|上限|maximum
odd|须为单数|odd number
disciplines|专业|discipline
independent|独立性要求|independent
drawn|产生方式|how drawn
score_max|满分|highest score
pass_mark|及格线|pass mark
defence|答辩|defence session
meeting|评审会|review meeting
notice_working_days|提前通知的工作日数|working days of notice
presenters_max|答辩人数上限|presenters at most
panel_names|专家姓名是否告知申报机构|names of the panel
vote|表决|vote
quorum|到会比例|quorum
majority|赞成比例|majority
at_least|达到即可|that share is enough
casting|主持人决定票|casting vote
signoff|会签|sign-off
all_of|须全部会签的部门|authorities that must all sign
k|最少同意数|consents needed
of|对象|of
areas|评估领域|area
dimensions|评价维度|dimension
steps|步骤|step
document|须附文件|document needed
comments|征求公众意见|public comments
by|分组|by
thresholds|进入条件|threshold
promises|承诺|promise
kept|兑现时点|kept
day|兑现日期|day
scale_up|分步扩大|step of the scale-up
holds|须满足|must be
severity|告警等级|severity of alerts
at_most|至多|at most
raises|提高至（%）|raised to, in per cent
since|起算阶段|since
outcomes|结案结果|outcome
release|决定的公布|decisions are told
needs_pilot|须经运行|needs a run
starts|起算|starts
after|接续于|after
force|效力|force
pauses_on|停止计算的情形|pauses on
on_answer|答复后|after an answer
extension|延长|extension
times_max|延长次数上限|extensions at most
on_expiry|期满|when it runs out
on_silence|逾期未答复|silence means
consultations|会商|consultation
authority|部门|authority
binding|具有约束力|binding
objections|复核|objection
against|可提出异议的结果|outcomes objected to
body|复核单位|decided by
others_decide|原经办人员回避|decided by others
within|提出期限|filed within
changed_to|改变决定后转入|goes on in, where changed
sent_back_to|发回后转入|goes on in, where sent back
dispatches|报送事项|dispatch
sent_within|报送期限|time to send
letters|公文|letters
codes|发文机关代字|beginning of document numbers
code|代字|code
countersigned|须经签批|countersigned
stamped|盖章核验后送达|served once the stamped scan is confirmed
mail_drafts|邮件先拟稿后发出|mail is a draft first
acts|行为的法律性质|legal effect of an act
effect|法律性质|legal effect
streams|数据流|data stream
fields|字段|field
type|类型|type
scale|小数位|decimal places
non_negative|不得为负|not negative
indicators|指标|indicator
take|统计方式|what is taken
field|字段|field
quantile|分位|quantile
where|筛选条件|filter
step|计算步长|step
ratio_to|分母指标|divided by
limits|限额|limit
indicator|指标|indicator
for|持续时间|lasting
on_breach|超限处置|on breach
measured|衡量方式|measured
admissions|新增所依据的数据流|admissions
regulator_may_lower|监管可调低|regulator may lower it
alerts|监测规则|alert
comparison|比较|comparison
value|值|value
per_cent|百分比|per cent
clear|解除条件|clears at
clear_for|解除持续时间|clears after
keep_firing_for|最短持续告警|kept for at least
k_of_n|命中次数|hits of instants
no_data|无数据时|without data
default|默认值|default
tighter|收紧方向|which way is tighter
scales_with|随之增减的参数|scales with
monitoring|监测时间参数|time in monitoring
tile|基本时间片|tile
lateness|允许迟到|lateness
idle|空闲判定|idle after
tick|计算间隔|tick
acknowledge_within|告警确认时限|time to acknowledge alerts
every_weeks|周期|interval
anchor|周期起算|periods counted from
due|报送期限|due
due_unit|期限单位|unit
contents|内容|contents
revised|更正报送期限|revised report within
changed_over|触发更正的变动（%）|change that asks for a revised report, in per cent
signed_by|签署人|signed by
to|报送对象|sent to
incidents|风险事件|incidents
severities|事件等级|grade
repeats|反复续报|again and again
telephone|可以电话报告|also by telephone
tolerance|容错认定|finding of tolerance
conditions|认定条件|condition
fact|所据事实|fact shown
decisions|认定结论|decision
needs_all|须满足全部条件|takes every condition
orders|处置指令|orders
two_officers|须两人办理的指令|orders that take two officers
on_lapse|指令失效后|when an order lapses
permit|运行凭证|permit
ttl|有效期|lifetime
grace|宽限|grace
on_regulator_outage|监管系统中断时|when the regulator is out
new_business|属于新增业务的数据流|streams of new business
notice|公示|public notice
premoderation|意见先审后发|comments moderated first
public_sections|公示的栏目|sections shown
commenter|意见人|who may comment
answers|答复方式|answers
safeguards|投资者保护|investor protection
consent|同意|consent
withdraw|退出|withdrawal
compensation|补偿|compensation
safe_harbour|免责安排|safe harbour
complaint|投诉|complaints
insurance|保险|insurance
disclosure|披露|disclosure
client_assets|客户资产|client assets
refund|退款期限|refund within
insurance_until|保险持续至退出后|insurance until after exit
complaint_acknowledge|投诉受理期限|complaints acknowledged within
complaint_answer|投诉答复期限|complaints answered within
oversight|运行期监管|oversight
observer|观察员|observer
inspection|检查|inspection
revocation_grounds|撤销事由|grounds for revocation
due_process|程序保障|due process
immediate|立即处置|immediate measures
exit|退出|exit
retention_years|保存年限|years kept
drill|退出演练|exit drill
positions|模拟头寸笔数|made-up positions
told|须通知的单位|who must be told
before_entry|启动前须通过|before the pilot starts
every|周期|every
notices_within|通知期限|notices within
run_off_within|存量了结期限|run-off within
run_off|存量处理|run-off
transition|过渡|transition
takeover_due|接管安排期限|take-over arranged within
bridge|过渡状态|bridge
bridging|过渡期规则|rules of a bridge
lasts|最长期限|lasts at most
ask_within|申请期限|asked for within
business|可继续的业务|business that goes on
terms|其他条件|terms
register|公开登记|public register
refusals|未予准入者|refusals
exit_report|退出报告|exit report
clauses|待检验条款|clause under test
source|来源|source
text|条文|text
history|历史|history
until|结束日|until
zh|中文|Chinese text
en|英文|English text
"""


def _read(table: str) -> dict[str, Text]:
    rows = (line.split("|") for line in table.strip().splitlines())
    return {key: Text(zh=zh, en=en) for key, zh, en in rows}


LABELS: dict[str, Text] = _read(_TABLE)
"""Keyword → what it is called; a test holds it against the model."""

_SPECIAL = {
    ("panel", "max"): Text(zh="最多人数", en="members at most"),
    ("defence", "required"): Text(zh="是否必须举行", en="must be held"),
    ("meeting", "required"): Text(zh="是否须经表决通过", en="vote in favour needed"),
    ("vote", "of"): Text(zh="比例的基数", en="share of"),
    ("exit", "transition"): Text(zh="过渡安排", en="transition plan"),
    ("steps", "within"): Text(zh="时限", en="within"),
    ("signoff", "of"): Text(zh="可会签的部门", en="authorities of which enough must sign"),
    ("signoff", "lead"): Text(zh="牵头会签部门", en="authority that signs last"),
    ("indicators", "of"): Text(zh="所取数据流", en="stream"),
    ("intake", "lead"): Text(zh="可牵头的机构", en="who may lead"),
    ("intake", "kinds"): Text(zh="机构类别", en="kind of institution"),
    ("intake", "mode"): Text(zh="受理方式", en="way of application"),
    ("orders", "kinds"): Text(zh="指令种类", en="kinds of order"),
    ("stages", "by"): Text(zh="评估者", en="who assesses"),
    ("steps", "by"): Text(zh="由谁完成", en="done by"),
    ("register", "public"): Text(zh="公开内容", en="what it shows"),
    ("minimum", "length"): Text(zh="至少时长", en="at least"),
    ("names", "public"): Text(zh="公众所见名称", en="name for the public"),
}
"""(keyword around, keyword) → name, where the keyword alone would mislead."""


def label(around: str, key: str) -> Text:
    """What a keyword is called below another; an unknown one stands for itself."""
    known = _SPECIAL.get((around, key)) or LABELS.get(key)
    return known or Text(zh=key, en=key)
