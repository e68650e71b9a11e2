"""Words, scripts and elements of block pages and login pages. `block_pages` decides what they prove."""

from __future__ import annotations

import re

# A complete section of a title ("安全验证" in "安全验证 - 某网"), or a complete heading.
BLOCK_TITLE = re.compile(
    r"(?:请)?(?:[您你]的?)?(?:先|需要?)?(?:百度|腾讯|阿里云?|网站|系统|网络|用户|账号|浏览器|继续)?(?:(?:安全|访问|人机|身份|真人|滑[动块]|图形|拼图"
    r"|行为|智能|点击|防机器人)(?:访问|行为)?(?:验证|校验|检[查测]|认证|识别)码?|验证码?)(?:中心|页面?|系统|提示|中)?"
    r"|(?:请)?(?:先|您|你)?(?:输入|填写|完成|进行|通过|点击|拖动|滑动|需要)[^：:]{0,8}(?:验证码?|校验码?|滑块|拼图)(?:后[^：:]{0,8})?"
    r"|正在[^：:]{0,8}(?:验证|检查|检测|校验)[^：:]{0,10}"
    r"|[^：:]{0,10}(?:过于|太|过)(?:频繁|快)[^：:]{0,12}"
    r"|[^：:]{0,6}(?:访问|请求|操作|IP)[^：:]{0,6}(?:阻断|拦截|拒绝|限制|禁止|异常|受限|封禁)[^：:]{0,6}|[^：:]{0,4}(?:拒绝|禁止|限制|拦截)(?:访问|请求)"
    r"|[^：:]{0,8}(?:防火墙|安全狗|云锁|创宇盾|创宇|加速乐|网站卫士|安全宝|云防护|云盾|WAF)(?:拦截|提示|防护|页面){0,2}|拦截(?:提示|页面?)"
    r"|just a moment|access (?:denied|to this page has been denied|blocked|verification)|attention required"
    r"|(?:security|robot|browser|human) (?:check|verification|challenge)|forbidden|40[35] [^：:]{0,20}|429 [^：:]{0,20}"
    r"|too many requests|request (?:rejected|blocked)|(?:please )?verify[^：:]{0,40}|verification|are you a (?:robot|human)"
    r"|checking your browser[^：:]{0,20}|one more step|captcha[^：:]{0,20}|[^：:]{0,20}\bcaptcha|error 10\d\d|you (?:have been|are) blocked"
    r"|pardon our interruption|human verification",
    re.IGNORECASE,
)
LOGIN_TITLE = re.compile(
    r"(?:请|欢迎|用户|会员|[账帐]号|扫码|统一|微信|QQ|快速|快捷|网站|通行证|先|您|你|安全|密码|短信|手机号?|需要?|身份){0,4}"
    r"登[录陆](?:页面?|中心|[/／|与和]?注册|后[^：:]{0,10}|已?(?:过期|失效|超时)[^：:]{0,8})?"
    r"|(?:某?站)?通行证|统一身份认证|(?:[您你])?(?:还|尚)?(?:未|没有)登[录陆]|会员专享[^：:]{0,10}|(?:sign|log)[ -]?in\b[^：:]{0,30}",
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
    r"|just a moment|access denied|attention required|checking (?:your browser|if the site connection)|too many requests"
    r"|unusual (?:traffic|activity)|(?:verify|confirm|check)(?:ing)? (?:that )?you are (?:a |not )|not a robot|captcha"
    r"|security (?:check|service|verification)|(?:been|request|access|was) (?:blocked|rejected|forbidden)|40[35] (?:forbidden|not allowed)"
    r"|permission to access|rate limit|enable (?:javascript|cookies)|ddos",
    re.IGNORECASE,
)
LOGIN_WORDS = re.compile(
    r"请(?:您|你)?(?:先|重新|扫码|立即|前往|使用.{0,6}){0,2}登[录陆]|登[录陆](?:后|才能|即可|以后|之后).{0,8}(?:查看|阅读|继续|访问|浏览|可见|全文|使用|操作)"
    r"|登[录陆](?:状态|信息)?(?:已|超时|过期|失效)|(?:还|尚)?(?:未|没有)登[录陆]|需要?(?:先)?登[录陆]|(?:扫码|密码|短信|验证码|[账帐]号|会员|用户|微信|QQ)(?:快捷)?登[录陆]"
    r"|仅[对限供].{0,6}(?:注册|登[录陆]|会员)|请(?:先)?注册|(?:sign|log) ?in to |please (?:sign|log) ?in|忘记密码",
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
SETS_COOKIE = re.compile(r"document\.cookie\s?=|\.cookie\s?=|setCookie\(", re.IGNORECASE)
RELOADS = re.compile(
    r"\.reload\(|location\s?=|\.href\s?=|location\.(?:replace|assign)\(|\.submit\(|reload\(", re.IGNORECASE
)
# The target of a jump by a script or by `<meta http-equiv=refresh>`.
JUMP = re.compile(
    r"(?:location(?:\.href)?\s?=|location\.(?:replace|assign)\(|\burl\s?=)\s?['\"]?([^'\"\s>;)]{1,500})", re.IGNORECASE
)
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
