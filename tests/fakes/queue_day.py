"""A day on which something waits in every queue of the desk, told as a script."""

from __future__ import annotations

from tests.dialogue.player import Player
from tests.dialogue.scenes import Line, Scene
from tests.dialogue.stage import Stage

PEOPLE = """
staff supervisor name=孙敏 walled channel=telegram
staff supervisor as plain name=周平 channel=telegram
staff lead unit=transport name=赵刚
staff lead as signer unit=discipline name=何正
staff handler unit=transport name=王强
staff handler as inspector unit=discipline name=冯明
staff collector name=吴霞
staff admin name=马林
person other
person third
person fourth
"""

EVIL = "<script>alert(1)</script>\"'><b>"
"""Stands in whatever a person can write: no page may ever show it as markup."""

DAY = f"""
resident: {{road}}的路灯坏了，晚上看不见路。{EVIL}
resident: 确认
desk: 编号 {{number_a}}
handler: 接单 {{number_a}}
handler: 延期 {{number_a}} 2 等配件{EVIL}
supervisor: 督办 {{number_a}} 督办单 2026-03-06 快办{EVIL}
resident: 新诉求
resident: 不知道该找谁，小区门口天天有人吵架{EVIL}
resident: 确认
desk: 编号 {{number_b}}
resident: 新诉求
resident: {{road}}的井盖没了
resident: 确认
desk: 编号 {{number_c}}
handler: 退件 {{number_c}} 不属职责 井盖归城管局{EVIL}
other sends voice
other: 确认
other hears: 编号 {{number_d}}
third: 人工
third: 我想问问社保{EVIL}
supervisor: 看 {{number_a}}
collector: 代反映 电话 张大爷 13812345678
collector: {{road}}的路灯也坏了一盏
collector: 确认
collector hears: 编号 {{number_e}}
handler: 接单 {{number_e}}
handler: 答复 {{number_e}} 已解决 已更换路灯灯头并检查了线路，今晚恢复照明。
handler presses 发出
after 3 minutes
other: 新诉求
other: {{road}}的路灯又不亮了{EVIL}
other: 确认
other hears: 编号 {{number_f}}
handler: 接单 {{number_f}}
handler: 答复 {{number_f}} 已解决 今天上午已更换三盏路灯，晚上就会亮，请放心出行。
handler presses 发出
after 3 minutes
other: 未解决 {{number_f}} 晚上还是黑的{EVIL}
other: 新诉求
other: {{road}}的路灯闪得厉害
other: 确认
other hears: 编号 {{number_g}}
handler: 接单 {{number_g}}
handler: 答复 {{number_g}} 已解决 今天下午已更换镇流器，路灯不再闪烁，请放心。
handler presses 发出
after 3 minutes
other: 已解决
other: 1
other: 来得太慢{EVIL}
other: 我要投诉，政务大厅窗口工作人员态度恶劣
other: 确认
other hears: 编号 {{number_w}}
supervisor: 改派 {{number_w}} 市作风效能办公室 窗口服务态度问题，请核查
inspector: 接单 {{number_w}}
inspector: 答复 {{number_w}} 已解决 已核查监控并约谈当事人，责成向您当面致歉。
inspector presses 发出
fourth: 我家闻到煤气味{EVIL}
after 6 minutes
"""
"""``number_a`` late work with an extension asked for and an order, ``b`` in the pool, ``c`` objected to, ``d`` a voice,
``e`` for somebody to be called, ``f`` re-opened, ``g`` rated badly, ``w`` behind the wall and to be signed."""


async def played(there: Stage, script: str = DAY, people: str = PEOPLE) -> Player:
    """Play it; the player knows the numbers (``learnt``) and the phones (``actors``)."""
    player = Player(there, "telegram")
    lines = [line for line in (people + script).splitlines() if line.strip()]
    await player.play(Scene("queues", "queues", ("telegram",), tuple(Line(n, text) for n, text in enumerate(lines))))
    return player
