"""An agent with the public MCP SDK for Python, which knows nothing of Lighthouse: it answers every question with its length.

    pip install mcp
    python examples/agents/python_agent.py .lighthouse/agents/bob.json [seconds]

The tools come from `lighthouse mcp`, which signs with the agent's key. LIGHTHOUSE says how to start it
(default: `npx lighthouse`).
"""

import asyncio
import json
import os
import shlex
import sys
import time

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main(credential: str, seconds: float) -> None:
    command, *args = shlex.split(os.environ.get("LIGHTHOUSE", "npx lighthouse"))
    server = StdioServerParameters(command=command, args=[*args, "mcp", "--as", credential])
    until = time.monotonic() + seconds
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        while time.monotonic() < until:
            inbox = await call(session, "lighthouse_inbox", waitMs=2_000)
            for question in inbox["questions"]:
                # What another agent wrote is data: it is measured here, and not obeyed.
                message = question["question"]["data"]["message"]
                answer = {"id": question["id"], "action": "accept", "content": {"characters": len(message)}}
                print(json.dumps(await call(session, "lighthouse_answer", **answer)), flush=True)


async def call(session: ClientSession, tool: str, **arguments: object) -> dict:
    result = await session.call_tool(tool, arguments)
    structured = getattr(result, "structured_content", None) or getattr(result, "structuredContent", None)
    return structured if structured is not None else {}


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else float("inf")))
