/**
 * Ordinary chat templates, written for these tests after the constructs that the families use: none of their text is
 * copied. A scan must find nothing in any of them.
 */
export const FAMILIES: Readonly<Record<string, string>> = {
  ChatML: `{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}
{%- for message in messages -%}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,

  'Llama 2': `{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}
{%- else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}
{%- for message in loop_messages %}
{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles have to take turns, the person first, then the model, and so on.') }}{% endif %}
{%- if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}
{%- else %}{% set content = message['content'] %}{% endif %}
{%- if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}
{%- elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}
{%- endfor %}`,

  'Llama 3 with tools': `{{- bos_token }}
{%- if custom_tools is defined %}{%- set tools = custom_tools %}{%- endif %}
{%- if not date_string is defined %}
  {%- if strftime_now is defined %}{%- set date_string = strftime_now("%d %b %Y") %}
  {%- else %}{%- set date_string = "26 Jul 2024" %}{%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
  {%- set system_message = messages[0]['content']|trim %}{%- set messages = messages[1:] %}
{%- else %}{%- set system_message = "" %}{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}{{- "Environment: ipython\\n" }}{%- endif %}
{%- if builtin_tools is defined %}
  {{- "Tools: " + builtin_tools | reject('equalto', 'code_interpreter') | join(", ") + "\\n\\n" }}
{%- endif %}
{{- "Today is " + date_string + "\\n\\n" }}{{- system_message }}{{- "<|eot_id|>" }}
{%- if tools is not none and messages | length != 0 %}
  {%- set first_user_message = messages[0]['content']|trim %}
  {{- 'Answer with a call of one of these functions, as JSON with a name and its parameters.\\n\\n' }}
  {%- for t in tools %}{{- t | tojson(indent=4) }}{{- "\\n\\n" }}{%- endfor %}
  {{- first_user_message + "<|eot_id|>" }}
{%- endif %}
{%- for message in messages %}
  {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
  {%- elif 'tool_calls' in message %}
    {%- if not message.tool_calls|length == 1 %}{{- raise_exception("One call at a time is all that this model makes!") }}{%- endif %}
    {%- set tool_call = message.tool_calls[0].function %}
    {%- for arg_name, arg_val in tool_call.arguments | items %}
      {{- arg_name + '="' + arg_val + '"' }}{%- if not loop.last %}{{- ", " }}{%- endif %}
    {%- endfor %}
    {{- '{"name": "' + tool_call.name + '", "parameters": ' }}{{- tool_call.arguments | tojson }}{{- "}" }}
  {%- elif message.role == "tool" or message.role == "ipython" %}
    {%- if message.content is mapping or message.content is iterable %}{{- message.content | tojson }}
    {%- else %}{{- message.content }}{%- endif %}
  {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}`,

  Mistral: `{%- set today = strftime_now("%Y-%m-%d") %}
{%- set default_system_message = "You are a helpful model. The current date is " + today + ". When you are not sure, say that you do not know." %}
{%- if messages[0]["role"] == "system" %}
  {%- if messages[0]["content"] is string %}{%- set system_message = messages[0]["content"] %}
  {%- else %}{%- set system_message = messages[0]["content"][0]["text"] %}{%- endif %}
  {%- set loop_messages = messages[1:] %}
{%- else %}{%- set system_message = default_system_message %}{%- set loop_messages = messages %}{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace(index=0) %}
{%- for message in loop_messages if message.role == "user" or message.role == "assistant" %}
  {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}{{- raise_exception("Roles must alternate.") }}{%- endif %}
  {%- set ns.index = ns.index + 1 %}
{%- endfor %}
{{- bos_token }}[SYSTEM_PROMPT]{{ system_message }}[/SYSTEM_PROMPT]
{%- for message in loop_messages %}
  {%- if message["role"] == "user" %}
    {%- if tools is not none and (message == user_messages[-1]) %}{{- "[AVAILABLE_TOOLS] [" }}
      {%- for tool in tools %}
        {%- for key, val in tool.function.items() if key != "return" %}
          {%- if val is string %}{{- '"' + key + '": "' + val + '"' }}{%- else %}{{- '"' + key + '": ' + val|tojson }}{%- endif %}
        {%- endfor %}
      {%- endfor %}
    {%- endif %}
    {%- if message["content"] is string %}{{- "[INST]" + message["content"] + "[/INST]" }}
    {%- else %}
      {%- for block in message["content"] %}
        {%- if block["type"] == "text" %}{{- block["text"] }}{%- elif block["type"] in ["image", "image_url"] %}{{- "[IMG]" }}
        {%- else %}{{- raise_exception("Only text and images may be in a message.") }}{%- endif %}
      {%- endfor %}
    {%- endif %}
  {%- elif message.tool_calls is defined and message.tool_calls is not none %}
    {%- for tool_call in message.tool_calls %}
      {%- if not tool_call.id is defined or tool_call.id|length != 9 %}{{- raise_exception("The id of a tool call has nine characters.") }}{%- endif %}
      {{- tool_call.function|tojson }}
    {%- endfor %}
  {%- elif message["role"] == "assistant" %}{{- " " + message["content"]|trim + eos_token }}
  {%- elif message["role"] in ["tool_results", "tool"] %}
    {%- set content = message.content.content if message.content is defined and message.content.content is defined else message.content %}
    {{- '[TOOL_RESULTS] {"content": ' + content|string + "}[/TOOL_RESULTS]" }}
  {%- endif %}
{%- endfor %}`,

  Gemma: `{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
  {%- if messages[0]['content'] is string -%}{%- set first_user_prefix = messages[0]['content'] + '\\n\\n' -%}
  {%- else -%}{%- set first_user_prefix = messages[0]['content'][0]['text'] + '\\n\\n' -%}{%- endif -%}
  {%- set loop_messages = messages[1:] -%}
{%- else -%}{%- set first_user_prefix = "" -%}{%- set loop_messages = messages -%}{%- endif -%}
{%- for message in loop_messages -%}
  {%- if (message['role'] == 'assistant') -%}{%- set role = "model" -%}{%- else -%}{%- set role = message['role'] -%}{%- endif -%}
  {{ '<start_of_turn>' + role + '\\n' + (first_user_prefix if loop.first else "") }}
  {%- if message['content'] is iterable and message['content'] is not string -%}
    {%- for item in message['content'] -%}
      {%- if item['type'] == 'image' -%}{{ '<start_of_image>' }}{%- elif item['type'] == 'text' -%}{{ item['text'] | trim }}{%- endif -%}
    {%- endfor -%}
  {%- else -%}{{ message['content'] | trim }}{%- endif -%}
  {{ '<end_of_turn>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<start_of_turn>model\\n' }}{%- endif -%}`,

  Phi: `{%- for message in messages %}
{%- if message['role'] == 'system' and 'tools' in message and message['tools'] is not none %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|tool|>' + message['tools'] + '<|/tool|><|end|>' }}
{%- elif message['role'] in ('user', 'system') %}{{ '<|' + message['role'] + '|>' + '\\n' + message['content'] + '<|end|>\\n' }}
{%- else %}{{ '<|assistant|>\\n' + message['content'] + '<|end|>\\n' }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt and messages[-1]['role'] != 'assistant' %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}`,

  'Qwen 2.5': `{%- if tools %}
  {{- '<|im_start|>system\\n' }}
  {%- if messages[0]['role'] == 'system' %}{{- messages[0]['content'] }}{%- else %}{{- 'You are a helpful assistant.' }}{%- endif %}
  {{- "\\n\\n# Tools\\n\\nThe functions that may be called stand between <tools></tools>:\\n<tools>" }}
  {%- for tool in tools %}{{- "\\n" }}{{- tool | tojson }}{%- endfor %}
  {{- "\\n</tools>\\n\\nReturn each call as JSON:\\n<tool_call>\\n{\\"name\\": <name>, \\"arguments\\": <arguments>}\\n</tool_call><|im_end|>\\n" }}
{%- endif %}
{%- for message in messages %}
  {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
  {%- elif message.role == "tool" %}
    {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}{{- '<|im_start|>user' }}{%- endif %}
    {{- '\\n<tool_response>\\n' }}{{- message.content }}{{- '\\n</tool_response>' }}
    {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}{{- '<|im_end|>\\n' }}{%- endif %}
  {%- endif %}
{%- endfor %}`,

  'Qwen 3': `{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
  {%- set index = (messages|length - 1) - loop.index0 %}
  {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
    {%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}
  {%- endif %}
{%- endfor %}
{%- for message in messages %}
  {%- if message.content is string %}{%- set content = message.content %}{%- else %}{%- set content = '' %}{%- endif %}
  {%- if message.role == "assistant" %}
    {%- set reasoning_content = '' %}
    {%- if message.reasoning_content is string %}{%- set reasoning_content = message.reasoning_content %}
    {%- elif '</think>' in content %}
      {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
      {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
    {%- endif %}
    {%- if loop.index0 > ns.last_query_index and (loop.last or (not loop.last and reasoning_content)) %}
      {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
    {%- else %}{{- '<|im_start|>' + message.role + '\\n' + content }}{%- endif %}
  {%- else %}
    {%- for item in message.content if item is mapping %}{%- if 'image' in item or item.type == 'image' %}{{- '<|image_pad|>' }}{%- elif 'text' in item %}{{- item.text }}{%- endif %}{%- endfor %}
  {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
  {{- '<|im_start|>assistant\\n' }}
  {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}
{%- endif %}`,

  DeepSeek: `{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}
{%- set ns = namespace(is_first=false, is_tool=false, is_output_first=true, system_prompt='') %}
{%- for message in messages %}{%- if message['role'] == 'system' %}{% set ns.system_prompt = ns.system_prompt + '\\n\\n' + message['content'] %}{%- endif %}{%- endfor %}
{{ bos_token }}{{ ns.system_prompt }}
{%- for message in messages %}
  {%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{ '<\uff5cUser\uff5c>' + message['content'] }}{%- endif %}
  {%- if message['role'] == 'assistant' and message['content'] is not none %}
    {% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}
    {{ '<\uff5cAssistant\uff5c>' + content + '<\uff5cend\u2581of\u2581sentence\uff5c>' }}
  {%- endif %}
  {%- if message['role'] == 'tool' %}{%- set ns.is_tool = true -%}{{ '<\uff5ctool\u2581output\u2581begin\uff5c>' + message['content'] + '<\uff5ctool\u2581output\u2581end\uff5c>' }}{%- endif %}
{%- endfor -%}
{% if ns.is_tool %}{{ '<\uff5ctool\u2581outputs\u2581end\uff5c>' }}{% endif %}{% if add_generation_prompt and not ns.is_tool %}{{ '<\uff5cAssistant\uff5c>' }}{% endif %}`,

  Zephyr: `{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>\\n'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}`,

  'Command-R': `{{ bos_token }}
{%- macro document_turn(documents) -%}
{# What was found, before the question. #}
<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|><results>
{% for document in documents %}{{ loop.index0 }}: {% for key, value in document.items() %}{{ key|title }}: {{ value }}
{% endfor %}{% endfor %}</results><|END_OF_TURN_TOKEN|>
{%- endmacro %}
{%- macro json_to_python_type(json_spec) %}
{%- set basic_type_map = {"string": "str", "number": "float", "integer": "int", "boolean": "bool"} %}
{%- if basic_type_map[json_spec.type] is defined %}{{- basic_type_map[json_spec.type] }}
{%- elif json_spec.type == "array" %}{{- "List[" + json_to_python_type(json_spec['items']) + "]" }}
{%- elif json_spec.type is iterable %}{{- "Union[" }}{%- for t in json_spec.type %}{{- json_to_python_type({"type": t}) }}{%- if not loop.last %}{{- "," }}{%- endif %}{%- endfor %}{{- "]" }}
{%- else %}{{- "Any" }}{%- endif %}
{%- endmacro %}
{%- if messages[0]['role'] | lower == 'system' %}{%- set loop_messages = messages[1:] %}{%- set system_message = messages[0]['content'] %}
{%- elif not safety_mode or safety_mode == 'CONTEXTUAL' %}{%- set loop_messages = messages %}{%- set system_message = 'You help people with their questions and stay polite while you do so.' %}{%- endif %}
{{- '<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>' + system_message + '<|END_OF_TURN_TOKEN|>' }}
{%- if documents %}{{ document_turn(documents) }}{%- endif %}
{%- for message in loop_messages %}
{%- set content = message['content'] %}
{%- if message.role|lower == 'user' %}{{ '<|START_OF_TURN_TOKEN|><|USER_TOKEN|>' + content.strip() + '<|END_OF_TURN_TOKEN|>' }}
{%- elif message.role|lower in ['assistant', 'chatbot'] %}{{ '<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>' + content.strip() + '<|END_OF_TURN_TOKEN|>' }}{%- endif %}
{%- endfor %}`,

  SmolLM: `{%- if enable_thinking is not defined -%}{%- set enable_thinking = true -%}{%- endif -%}
{%- if enable_thinking -%}{%- set reasoning_mode = "/think" -%}{%- else -%}{%- set reasoning_mode = "/no_think" -%}{%- endif -%}
{%- if messages[0].role == "system" -%}
  {%- set system_message = messages[0].content -%}
  {%- if "/no_think" in system_message -%}{%- set reasoning_mode = "/no_think" -%}
  {%- elif "/think" in system_message -%}{%- set reasoning_mode = "/think" -%}{%- endif -%}
  {%- set custom_instructions = system_message.replace("/no_think", "").replace("/think", "").rstrip() -%}
{%- endif -%}
<|im_start|>system
{%- if "/system_override" in system_message -%}{{- custom_instructions.replace("/system_override", "").rstrip() -}}
{%- else -%}
## Facts
Today: {{ strftime_now("%d %B %Y") }}. Mode: {{ reasoning_mode + "\\n\\n" }}
{%- if custom_instructions -%}{{- custom_instructions + "\\n\\n" -}}
{%- elif reasoning_mode == "/think" -%}{{- 'You are a helpful assistant that thinks step by step before it gives its answer.\\n\\n' -}}{%- endif -%}
{%- endif -%}
{%- for message in messages -%}
  {%- set content = message.content if message.content is string else "" -%}
  {%- if message.role == "assistant" -%}{% generation %}{{- "<|im_start|>assistant\\n" + content.lstrip("\\n") + "<|im_end|>\\n" -}}{% endgeneration %}
  {%- elif message.role != "system" -%}{{- "<|im_start|>" + message.role + "\\n" + content + "<|im_end|>\\n" -}}{%- endif -%}
{%- endfor -%}`,

  Granite: `{%- if messages[0]['role'] == 'system' %}{%- set system_message = messages[0]['content'] %}{%- set loop_messages = messages[1:] %}
{%- else %}{%- set system_message = "Knowledge ends in April 2024.\\nToday's Date: " + strftime_now('%B %d, %Y') + ".\\nYou are a helpful AI assistant." %}
{%- if tools and documents %}{%- set system_message = system_message + " Tools and documents may be of use; call a tool with a list of JSON objects." %}{%- endif %}
{%- if controls and 'citations' in controls %}{%- set system_message = system_message + "\\nName the document that each fact comes from." %}{%- endif %}
{%- set loop_messages = messages %}{%- endif %}
{{- '<|start_of_role|>system<|end_of_role|>' + system_message + '<|end_of_text|>\\n' }}
{%- for message in loop_messages %}
{{- '<|start_of_role|>' + message['role'] + '<|end_of_role|>' + message['content'] + '<|end_of_text|>\\n' }}
{%- if loop.last and add_generation_prompt %}{{- '<|start_of_role|>assistant' }}{%- if controls %}{{- ' ' + controls | tojson }}{%- endif %}{{- '<|end_of_role|>' }}{%- endif %}
{%- endfor %}`,

  'Gemma with tools': `{%- macro parameters(properties, required, filter_keys=false) -%}
  {%- set standard_keys = ['description', 'type', 'properties', 'required', 'nullable'] -%}
  {%- for key, value in properties | dictsort if not filter_keys or key not in standard_keys -%}
    {{- key }}:{type:{{ value['type'] | upper }}{%- if value['properties'] is defined and value['properties'] is mapping -%}
      {{- parameters(value['properties'], value['required'] | default([])) }}{%- endif -%}}{%- if not loop.last %},{% endif -%}
  {%- endfor -%}
{%- endmacro -%}
{%- macro argument(value) -%}
  {%- if value is string -%}{{- '<|"|>' + value + '<|"|>' }}{%- elif value is mapping -%}
    {%- for key, item in value | dictsort -%}{{- key }}:{{ argument(item) }}{%- endfor -%}
  {%- else -%}{{- value }}{%- endif -%}
{%- endmacro -%}
{{ bos_token }}{%- for tool in tools %}{{- parameters(tool['function']['parameters']['properties'], []) }}{%- endfor %}
{%- for message in messages %}
  {%- for part in message['content'] %}{{- argument(part) }}{{- parameters(part, [], filter_keys=true) }}{%- endfor %}
  {%- if message.get('tool_calls') %}{%- for call in message['tool_calls'] %}{{- argument(call['function']['arguments']) }}{%- endfor %}{%- endif %}
  {%- if '<|channel>' in message['content'] %}{{- message['content'].split('<channel|>')[-1] | trim }}{%- endif %}
{%- endfor %}`,
};
