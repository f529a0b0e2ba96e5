"""WeChat Official Accounts. `channel.WeChat` is the channel, `settings.WeChatSettings` what it needs.

Nothing is imported here: whoever only needs the settings does not pay for wechatpy.
"""
