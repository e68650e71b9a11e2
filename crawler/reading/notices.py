"""Recognize notices of a site that it shows in the place of an article's text: log in, solve a captcha, deleted.

A single word proves nothing: ordinary short news contain 登录, 您的 or 该页面, too. A notice asks the reader to do
something, or it begins with what the reader requested, and the text has no sign of news: a source that reports it, a
figure, a quotation, or words of its title.
"""

from __future__ import annotations

import re

LENGTH = 60  # characters; a shorter text may be a notice of the site

_SENTENCE = re.compile(r"[。！？；]|(?<!\.)[.!?](?!\.)")
_QUOTED = re.compile('“[^”]{0,60}+”|‘[^’]{0,60}+’|「[^」]{0,60}+」|《[^》]{0,60}+》|"[^"]{0,60}+"')  # of up to LENGTH
# "宣布", "提醒：": what follows is reported. Not "提示": it is the heading of notices.
_REPORTED = re.compile(
    "宣布|表示|[报宣据声坦直]称|透露|获悉|报道|裁定|判决|裁决|规定|发布(?!者|人)|消息|记者|提醒|公告|通报|通知|要求|回应|认为|指出|显示|警方|法院|央行"
    "|[\u4e00-\u9fff]称，|(?:公司|官方|平台|方面|人士|机构|团队|网友)称"
)
# Not with units of notices: 秒, 分钟, 次, 篇, 条.
_DATE = re.compile(r"\d\s*[年月日]")
_FIGURE = re.compile(
    r"(?<!\d)(?<!\d[.,])\d(?:[.,]?\d)*+\s*+(?:%|％|个百分点|[千百]?[万亿]|[美港日欧]?元|人(?!机)|家|吨|辆|台|股|倍|公里|米)"
)
_PAGE = "(?:页面|网页|文章|内容|帖子|链接|地址|网址|新闻|报告|资源|信息|资讯|文件|视频|网站|栏目|正文|全文)"
_MEMBERS = "(?:会员|付费|VIP|订阅|收费|登录|注册|用户)"
_MISSING = (
    "(?:不存在|没有找到|未找到|找不到|不见了|走丢|丢失|消失|火星|删除|删掉|下线|下架|失效|过期|移除|屏蔽|撤回|撤销|隐藏|移走"
    "|迁移|转移|违规|违反|违法|投诉|审核[中未不]|正在审核|待审核|加密|无法|不能|不可|暂不|暂时|只[对限供能在]|受限|限制|关闭|停止|收费|禁止"
    f"|[为是系属]{_MEMBERS}|仅(?:[对限在向给]|供(?!参考)|面向|支持|允许|自己|作者|内部|部分|{_MEMBERS})|加载失败"
    "|需要?[先登付购订开])"
)
_ACTION = (
    "(?:登[录陆]|注册|验证|输入|刷新|重试|稍[后候等]|再试|开启|启用|允许|升级|更换|切换|订阅|开通|购买|支付|充值|付费|解锁"
    "|扫[码描]|返回|重新|点击|拖动|滑动|完成|前往|打开|下载|联系客服|绑定|激活|续费|成为会员|使用)"
)
# Imperatives to the reader, at the beginning of a clause.
_IMPERATIVE = re.compile(
    rf"(?:^|[，,。！!；;：:、\s])(?:请|麻烦)[您你先再于在用到至]{{0,2}}.{{0,6}}?{_ACTION}"
    rf"|(?:^|[，,。！!；;：:、\s])(?:立即|马上|点击|扫码|付费|支付|购买|订阅|开通|微信扫)[^，。！；]{{0,12}}(?:查看|阅读|解锁|观看|全文|登[录陆]|会员)"
    r"|\b(?:please|you must|you need to)\b.{0,20}\b(?:log ?in|sign ?in|subscribe|verify|enable|refresh|try again)\b"
    r"|^(?:log ?in|sign ?in|subscribe)\b.{0,20}\bto\b",
    re.IGNORECASE,
)
_APOLOGY = (
    "(?:(?:非常|很|十分|真的)?(?:抱歉|对不起|不好意思|遗憾)|啊哦|哎呀|糟糕|[系温馨友情统]{2}提示|提示|提醒|错误|出错了|sorry|oops|[您你]好|亲(?:爱的)?|尊敬的[^，。！：]{1,6}"
    "|会员专享|VIP专享)[，,：:！!。\\s~～]*"
)
# What the reader requested, or what the reader lacks, at the beginning of a sentence.
_REFUSAL = re.compile(
    rf"^(?:{_APOLOGY}){{0,2}}(?:"
    rf"[您你](?:所|要|想|正在|将要|当前|刚才)?(?:访问|查看|浏览|请求|打开|寻找|搜索|阅读|查找|找|看)的?.{{0,12}}?{_MISSING}"
    rf"|[您你]的(?:IP|ip|访问|请求|[账帐]号|[账帐]户|浏览器|网络|操作|登[录陆]|设备|权限|会员|VIP|阅读|免费|试读|余额|积分|身份|订阅).{{0,14}}"
    rf"(?:受限|限制|阻断|拦截|频繁|异常|过期|失效|不足|封|拒绝|禁|到期|用完|上限|不支持|过低|无法|超时|风险|未)"
    rf"|[您你](?:今日|今天|本月|当前|目前)?的?[^。！？；，]{{0,10}}(?:次数|额度|篇数)[^。！？；]{{0,6}}(?:上限|用完|不足|用尽)"
    rf"|[您你](?:今日|今天|本月|当前|目前|暂时)?(?:还|尚|暂)?(?:没有|没|无|未|需要?|须|不是|不能|无法|已[经达]?|可以?).{{0,10}}"
    rf"(?:登[录陆]|权限?|购买|订阅|开通|会员|注册|验证|访问|查看|阅读|上限|用完)"
    rf"|(?:该|此|本|这|这篇|这个|当前|原|所属)(?:{_PAGE}|文)(?:内容)?[^。！？；]{{0,16}}?{_MISSING}"
    rf"|{_PAGE}[^。！？；，]{{0,4}}{_MISSING}"
    rf"|(?:用户|会员|注册用户|免费)?(?:登[录陆]|注册|订阅|付费|开通|购买|成为|关注)(?:会员|用户|[账帐]号)?(?:后|之后|即可|才能|方可|以后)[^。！？；]{{0,6}}"
    rf"(?:查看|阅读|继续|访问|浏览|观看|可见|解锁|使用|收看|下载|评论|全文)"
    rf"|[您你](?:所在|当前|目前)的?(?:国家|地区|区域|网络|环境|位置).{{0,8}}(?:无法|不支持|不能|风险|异常|限制)"
    rf"|(?:剩余|以下|后续|更多|完整|全部)(?:{_PAGE}|部分)?.{{0,2}}(?:需|须|仅).{{0,4}}(?:{_ACTION}|{_MEMBERS})"
    rf"|(?:[账帐]号|用户)?(?:未|没有|尚未|还没有?)登[录陆](?:$|[，,！!])|(?:没有|无|暂无)(?:访问|阅读|查看)?权限(?:访问|阅读|查看)?(?:$|[，,！!])"
    rf"|(?:服务器?|系统|网络|网站)(?:开小差了?|繁忙|维护中?|错误|异常|超时|不稳定|故障)(?:$|[，,！!])"
    rf"|(?:登[录陆]|会话|验证)(?:状态|信息)?(?:已|超时|失效|失败)"
    r"|(?:the )?(?:page|article|content)\b.{0,30}\b(?:not found|not exist|deleted|removed|unavailable|expired)\b"
    r"|(?:access denied|page not found|not found|forbidden|too many requests|just a moment)\b"
    r"|this (?:page|article|content)\b.{0,20}\b(?:only|no longer)\b"
    rf")",
    re.IGNORECASE,
)


def is_notice(text: str, title: str) -> bool:
    """Return whether the Markdown *text* of an article with this *title* is only a notice of the site.

    A notice is shorter than `LENGTH` and has no image. It is one of these:

    - no sentence, and no figure
    - an imperative to the reader that is not reported by someone
    - a refusal of what the reader requested, without any sign of news
    """
    if len(text) >= LENGTH or "![" in text:
        return False
    own = _QUOTED.sub(" ", text.strip("*_# \n"))
    if (imperative := _IMPERATIVE.search(own)) and not _REPORTED.search(own[: imperative.start()]):
        return True
    is_refusal = any(_REFUSAL.search(sentence.strip()) for sentence in _SENTENCE.split(own))
    if is_refusal and not (_REPORTED.search(own) or _FIGURE.search(own) or _agrees(own, title)):
        return True
    has_figure = _FIGURE.search(own) or _DATE.search(own)
    return not (_SENTENCE.search(text) or (has_figure and not is_refusal))


def _agrees(text: str, title: str) -> bool:
    """Return whether *text* has a third of the pairs of characters of *title*, unless the title is a notice, too."""
    if _IMPERATIVE.search(title) or _REFUSAL.search(title):
        return False
    pairs = {title[index : index + 2] for index in range(len(title) - 1)}
    return len(pairs) > 2 and 3 * sum(pair in text for pair in pairs) >= len(pairs)
