"""The protocol and nothing else: verify, parse and reply with wechatpy; store nothing."""

from __future__ import annotations

import argparse

from aiohttp import web
from wechatpy import parse_message
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.replies import TextReply
from wechatpy.utils import check_signature

# As long as the desk's card, so that both write the same number of bytes.
_CARD = (
    "我记下了：\n内容：和平路12号楼下的路灯坏了三天，晚上走路看不清。\n地点：和平路（向阳社区）\n类别：道路交通\n"
    "回复“确认”提交；继续发文字、照片可以补充；回复“取消”不再提交。"
)


def main() -> None:
    """Serve until told to stop."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--token", required=True)
    chosen = options.parse_args()

    async def take(request: web.Request) -> web.Response:
        query = request.query
        try:
            check_signature(chosen.token, query["signature"], query["timestamp"], query["nonce"])
        except InvalidSignatureException:
            return web.Response(status=403)
        message = parse_message(await request.read())
        return web.Response(text=TextReply(content=_CARD, message=message).render(), content_type="text/xml")

    app = web.Application()
    app.router.add_post("/hooks/wechat", take)
    web.run_app(app, host="127.0.0.1", port=chosen.port, access_log=None, print=None)


if __name__ == "__main__":
    main()
