"""What people of the sample town write in: a small grammar, so that a million texts are hardly ever the same twice."""

from __future__ import annotations

import random

_MATTERS: dict[str, tuple[str, ...]] = {
    "roads": (
        "路灯坏了{n}天，晚上看不清路",
        "路面有一个大坑，{n}辆车的轮胎被扎破",
        "人行道的地砖松动，下雨天一踩一脚泥水",
        "红绿灯的绿灯只有{n}秒，老人过不去马路",
        "公交车等了{n}分钟都不来，上班总是迟到",
        "停车位被人私自加了地锁，一共{n}个",
    ),
    "water-power-gas": (
        "自来水发黄，有一股铁锈味，已经{n}天",
        "电压不稳，空调带不起来，邻居{n}家都这样",
        "燃气表走得太快，上个月多收了{n}元",
        "暖气片不热，室内只有{n}度",
    ),
    "environment": (
        "垃圾桶满了{n}天没人清运，味道很大",
        "烧烤摊的油烟熏得楼上{n}户不敢开窗",
        "夜里{n}点还在施工，噪音很大，孩子睡不着",
        "河道里漂着死鱼和塑料袋，水发黑发臭",
        "流动摊贩占了盲道，一共{n}家",
    ),
    "housing": (
        "楼道里堆满旧家具，电动车也停在里面",
        "物业收了停车费，可是{n}号车位一直被别人占着",
        "电梯又停运了，{n}楼的老人下不来",
        "屋顶漏水，墙皮掉了{n}块，维修基金一直批不下来",
        "外墙的保温层脱落，砸到{n}辆车",
    ),
    "education": (
        "学校门口放学时堵车{n}分钟，希望有人疏导",
        "幼儿园的饭菜里吃出虫子，孩子{n}天没去了",
        "校外培训班关门，{n}千元的学费退不回来",
    ),
    "health": ("社区医院挂号要排队{n}个小时", "门诊的药缺货{n}周，老人的降压药买不到", "疫苗预约不上，已经等了{n}天"),
    "social-security": ("社保卡补办{n}个月还没有拿到", "退休金少发了{n}元，窗口说要再等等", "工地拖欠工资{n}个月"),
    "elderly-childcare": ("社区食堂关了{n}天，独居老人没有地方吃饭", "养老院的护工只有{n}个，晚上叫不到人"),
    "market": ("超市卖的牛奶过期{n}天", "网上买的家电{n}天不发货，商家不肯退款", "菜市场的秤不准，少了{n}两"),
    "farming": ("灌溉渠堵了{n}天，秧苗要旱死了", "收割机进不了田，机耕路断了{n}米"),
    "public-safety": ("消防通道被车堵住，一共{n}辆", "楼下棋牌室吵到凌晨{n}点", "监控坏了{n}个，电动车接连被偷"),
    "idea-city": ("建议在路口加一座天桥，每天有{n}百人过马路", "建议小公园加装{n}盏灯和几张长椅"),
    "idea-services": ("建议办事大厅周六也开{n}个窗口", "建议图书馆延长开放{n}小时"),
    "undecided": ("有一件事情想请你们来看一看，说来话长，已经{n}次了", "不知道该找哪个部门，跑了{n}趟都没有结果"),
}
_WEIGHTS = {"roads": 6, "environment": 6, "housing": 6, "water-power-gas": 4, "market": 3, "education": 2}
_KINDS = [kind for kind in _MATTERS for _ in range(_WEIGHTS.get(kind, 1))]
_WHERE = (
    "{place}{a}号附近",
    "{place}{a}号院{b}单元门口",
    "{place}和菜场中间",
    "我家小区在{place}，{a}号楼",
    "{place}公交站旁边",
)
_SINCE = ("上周开始", "从{m}月{d}日起", "最近半个月", "前天晚上", "好几个月了", "每逢下雨")
_WHO = ("老人孩子都不方便", "邻居们意见很大", "物业说不归他们管", "打过电话没有人来", "社区来看过一次", "")
_WISH = ("请尽快派人处理", "希望有关部门看一看", "请给一个答复", "麻烦你们了", "盼回复", "请明确是哪个单位负责")


def matter(chance: random.Random, place: str) -> tuple[str, str]:
    """A kind of the sample town, and what somebody wrote about such a matter at a place."""
    kind = chance.choice(_KINDS)
    said = chance.choice(_MATTERS[kind]).format(n=chance.randint(2, 99))
    where = chance.choice(_WHERE).format(place=place, a=chance.randint(1, 299), b=chance.randint(1, 9))
    since = chance.choice(_SINCE).format(m=chance.randint(1, 12), d=chance.randint(1, 28))
    parts = filter(None, (f"{where}，{since}{said}", chance.choice(_WHO), chance.choice(_WISH)))
    return kind, "，".join(parts) + "。"
