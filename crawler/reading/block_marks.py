"""Words, scripts and elements of block pages and login pages. `block_pages` decides what they prove."""

from __future__ import annotations

import re

_NOUNS = (
    "(?:(?:安全|访问|人机|身份|真人|滑[动块]|图形|拼图|行为|智能|点击|防机器人)(?:访问|行为)?"
    "(?:验证|校验|检[查测]|认证|识别)码?|验证码?)(?:中心|页面?|系统|提示|中)?"
)
_FIREWALL = "(?:防火墙|安全狗|云锁|创宇盾|创宇|加速乐|网站卫士|安全宝|云防护|云盾|WAF)(?:拦截|提示|防护|页面){0,2}"
_ANY = "[^：:]"  # what follows a colon belongs to a headline
# The title of a captcha or of a firewall, and of nothing else.
_CAPTCHA = (
    f"(?:百度|腾讯|阿里云?|网站|系统|请(?:先|您|你)?(?:完成|进行|通过|输入|填写))?{_NOUNS}"
    f"|(?:您?的?(?:访问|请求|操作|IP))(?:过于|太)频繁|(?:您?的?(?:访问|请求))(?:被|已被)(?:阻断|拦截|拒绝|限制|禁止)|网站{_FIREWALL}"
    "|just a moment|access (?:denied|blocked)|attention required|(?:security|robot|human) (?:check|verification)"
    "|(?:403 )?forbidden|too many requests|captcha"
)
CAPTCHA_TITLE = re.compile(rf"\A(?:{_CAPTCHA})\Z", re.IGNORECASE)
# A complete section of a title ("安全验证" in "安全验证 - 某网"), a complete heading, or a complete line.
BLOCK_TITLE = re.compile(
    rf"\A(?:{_CAPTCHA}|(?:请)?(?:[您你]的?)?(?:先|需要?)?(?:网络|用户|账号|浏览器|继续){_NOUNS}"
    f"|(?:请)?(?:先|您|你)?(?:输入|填写|完成|进行|通过|点击|拖动|滑动|需要){_ANY}{{0,8}}(?:验证码?|校验码?|滑块|拼图)"
    f"(?:后{_ANY}{{0,8}})?|正在{_ANY}{{0,8}}(?:验证|检查|检测|校验){_ANY}{{0,10}}"
    f"|{_ANY}{{0,10}}(?:过于|太|过)(?:频繁|快){_ANY}{{0,12}}"
    f"|{_ANY}{{0,6}}(?:访问|请求|操作|IP){_ANY}{{0,6}}(?:阻断|拦截|拒绝|限制|禁止|异常|受限|封禁){_ANY}{{0,6}}"
    f"|{_ANY}{{0,4}}(?:拒绝|禁止|限制|拦截)(?:访问|请求)|{_ANY}{{0,8}}{_FIREWALL}|拦截(?:提示|页面?)"
    f"|{_ANY}{{0,8}}检测到{_ANY}{{0,8}}(?:异常|攻击|威胁){_ANY}{{0,6}}"
    f"|access to this page has been denied|browser (?:check|verification|challenge)|40[35] {_ANY}{{0,20}}"
    f"|429 {_ANY}{{0,20}}|request (?:rejected|blocked)|(?:please )?verify{_ANY}{{0,40}}|verification"
    f"|are you a (?:robot|human)|checking your browser{_ANY}{{0,20}}|one more step|error 10\\d\\d"
    r"|you (?:have been|are) blocked|pardon our interruption)\Z",
    re.IGNORECASE,
)
LOGIN_TITLE = re.compile(
    r"\A(?:(?:请|欢迎|用户|会员|[账帐]号|扫码|统一|微信|QQ|快速|快捷|网站|通行证|先|您|你|安全|密码|短信|手机号?|需要?|身份){0,4}"
    f"登[录陆](?:页面?|中心|[/／|与和]?注册|后{_ANY}{{0,10}}|已?(?:过期|失效|超时){_ANY}{{0,8}})?"
    f"|通行证|统一身份认证|[您你]?(?:还|尚)?(?:未|没有)登[录陆]|会员专享{_ANY}{{0,10}}"
    f"|(?:sign|log)[ -]?in\\b{_ANY}{{0,30}})\\Z",
    re.IGNORECASE,
)
# In the text outside links.
BLOCK_WORDS = re.compile(
    r"(?:安全|访问|人机|滑[动块]|图形|身份|点击|拼图|智能|真人)(?:行为)?(?:验证|校验)|(?:输入|填写|获取).{0,8}(?:验证|校验)码|(?:验证|校验)码(?:错误|有误|已?过期|不正确)"
    r"|看不清|(?:拖动|滑动|拖拽|移动|按住|向右).{0,10}(?:滑块|拼图|验证)|拼图验证|完成拼图|滑块"
    r"|(?:完成|通过|进行|点击|需要).{0,10}验证|不是机器人|机器人(?:验证|检测|程序)"
    r"|(?:检测|发现|监测|识别).{0,16}(?:异常|攻击|威胁|恶意|机器人|爬虫)|异常(?:流量|访问|请求|行为)|(?:流量|访问|请求|行为|网络环境|操作)(?:存在|出现|有)?异常"
    r"|(?:访问|请求|操作|刷新|点击|次数|频率|速度|IP).{0,6}(?:过于频繁|太频繁|过频|过快|太快|过高|超限|超过限制|超出限制)"
    r"|(?:访问|请求|IP|IP地址).{0,10}(?:阻断|拦截|拒绝|封禁|封锁|屏蔽|禁止|受限|限制|黑名单|威胁)"
    r"|(?:禁止|拒绝|限制|无权|暂停|阻止).{0,3}(?:访问|请求)|防火墙|\bWAF\b|云防护|云盾|安全狗|云锁|创宇|加速乐|安全防护|安全策略"
    r"|(?:存在|潜在)(?:安全|的)?(?:威胁|风险|攻击)|(?:攻击|恶意|非法|不合法|危险|可疑)(?:行为|访问|请求|参数|代码|字符|操作)"
    r"|正在.{0,6}(?:检查|检测|验证|校验).{0,8}(?:浏览器|环境|访问|安全|连接)|浏览器(?:安全)?(?:检查|检测|验证)"
    r"|(?:启用|开启|打开|允许|支持).{0,6}(?:JavaScript|Cookie)|(?:系统|服务器?)(?:繁忙|忙).{0,6}(?:稍后|再试)"
    r"|just a moment|access denied|attention required|too many requests"
    r"|checking (?:your browser|if the site connection)"
    r"|unusual (?:traffic|activity)|(?:verify|confirm|check)(?:ing)? (?:that )?you are (?:a |not )|not a robot|captcha"
    r"|security (?:check|service|verification)|(?:been|request|access|was) (?:blocked|rejected|forbidden)"
    r"|40[35] (?:forbidden|not allowed)"
    r"|permission to access|rate limit|enable (?:javascript|cookies)|ddos",
    re.IGNORECASE,
)
_COMMENT = "(?!.{0,8}(?:评论|发表|发言|留言|回复|收藏|点赞|关注|参与|互动|投稿))"  # a login that articles do not need
LOGIN_WORDS = re.compile(
    f"请(?:您|你)?(?:先|重新|扫码|立即|前往){{0,2}}登[录陆]{_COMMENT}|登[录陆](?:后|才能|即可|以后|之后){_COMMENT}"
    f"|登[录陆](?:状态|信息)?(?:已|超时|过期|失效)|(?:还|尚)?(?:未|没有)登[录陆]|需要?先?登[录陆]{_COMMENT}"
    "|(?:扫码|密码|短信|验证码|[账帐]号|会员|用户|微信|QQ)(?:快捷)?登[录陆]|仅[对限供].{0,6}(?:注册|登[录陆]|会员)"
    "|请先?注册|(?:sign|log) ?in to |please (?:sign|log) ?in|忘记密码",
    re.IGNORECASE,
)
# On a page with the article's title or the site's menu, which may have a form for the login, too.
LOGIN_WALL = re.compile(
    "登[录陆](?:[账帐]号)?(?:后|才能|即可|以后|之后)[^。]{0,6}(?:查看|阅读|继续|浏览|可见|全文|观看)"
    "|(?:查看|阅读|浏览|全文)[^。]{0,8}(?:需要?|请)先?登[录陆]|仅[对限供][^。]{0,4}(?:注册|登[录陆])|请先?登[录陆](?:再|以)?(?:查看|阅读|继续)"
    "|(?:sign|log) ?in to (?:continue|read|view)",
    re.IGNORECASE,
)
# In the source of the page: scripts, cookies and elements of firewalls that only their challenge pages have.
CHALLENGE = re.compile(
    r"acw_sc__v|aliyun_?waf|\barg1\s?=\s?['\"][0-9A-F]{20}|waf\.tencent\.com|tencent_?waf|yunsuo_session|safedog|jsl_clearance"
    r"|jiasule|jsluid|yunaq\.com|_cf_chl_|cf-chl-|cf-browser-verification|challenge-platform/h/|wzws[-_]?(?:waf|confirm|cid|session)"
    r"|C3VK|ddos-guard|_incapsula_|captcha-delivery|px-captcha|awswaf|gokuprops|__tst_status|wappass\.baidu|_____tmd_____"
    r"|/punish\?|__ac_nonce|anti-?spider|antibot|botguard|bot-?detect|\$_ts\s?=|s(?:afe)?360\.cn/waf|365cyd|dunkxin|webscan\.360"
    r"|/waf[/_.-]|captcha\.(?:aspx|php|jsp|html)",
    re.IGNORECASE,
)
# Captcha services, which pages with a login or a comment form load, too.
WIDGET = re.compile(
    r"TCaptcha|TencentCaptcha|geetest|initAliyunCaptcha|aliyunCaptcha|noCaptcha|awsc\.js|hcaptcha|recaptcha|turnstile|yidun"
    r"|NECaptcha|vaptcha|dingxiang|ishumei|captcha",
    re.IGNORECASE,
)
# In the attributes of an element in which the reader solves a captcha: its class, id, name, `src` or `action`.
CAPTCHA_ELEMENT = re.compile(
    r"captcha|slide(?:r|-?verify|-?bar)\b|geetest|\bnc[-_](?:wrapper|container|\d)|turnstile|verify[-_]?(?:code|img|image|box|wrap|bar)"
    r"|(?:valid(?:ate)?|check|auth|v)code\b|yzm|yanzheng|/verify\b|/challenge\b|(?:drag|puzzle)[-_]?(?:verify|box|bar)",
    re.IGNORECASE,
)
SETS_COOKIE = re.compile(r"document\.cookie\s?=(?!=)|\bsetCookie\(", re.IGNORECASE)
RELOADS = re.compile(
    r"location\.reload\(|\blocation(?:\.href)?\s?=(?!=)|location\.(?:replace|assign)\(|\.submit\(", re.IGNORECASE
)
# The target of a jump, by a script and by `<meta http-equiv=refresh>`.
JUMP = re.compile(
    r"(?:\blocation(?:\.href)?\s?=|location\.(?:replace|assign)\()\s?['\"]([^'\"\s<>]{1,500})", re.IGNORECASE
)
REFRESH = re.compile(r"\burl\s?=\s?['\"]?([^'\"\s]{1,500})", re.IGNORECASE)
# Hosts and path segments of logins and captchas: passport.a.example, a.example/sso/, a.example/captcha?u=…
LOGIN_URL = re.compile(
    r"(?:://|[/.])(?:passport|(?:[a-z]{1,9}[-_])?(?:login|signin|sso)|cas|account|accounts|auth|oauth2?)\d?(?:[./?#]|\Z)",
    re.I,
)
BLOCK_URL = re.compile(
    r"(?:://|[/.])(?:captcha|verify|verification|anti-?spider|waf|challenge|punish|sorry|wappass|_____tmd_____|sec-?verify|security-?check|robot-?check"
    r"|blocked|forbidden|501page)\d?(?:[./?#]|\Z)",
    re.IGNORECASE,
)
