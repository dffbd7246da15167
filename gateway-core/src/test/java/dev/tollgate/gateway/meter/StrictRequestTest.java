package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What strict admits: nothing whose cost neither the body nor a number bounds. */
class StrictRequestTest {
  private static String unbounded(RequestKind kind, String body) {
    return RequestSketch.of(body.replace('\'', '"').getBytes(UTF_8), kind, null).unbounded();
  }

  private static String member(RequestKind kind, String member) {
    return unbounded(kind, "{'model':'a/b'," + member + "}");
  }

  private static String chatPart(String part) {
    return member(RequestKind.CHAT, "'messages':[{'role':'user','content':[" + part + "]}]");
  }

  private static String messagePart(String part) {
    return member(RequestKind.MESSAGE, "'messages':[{'role':'user','content':[" + part + "]}]");
  }

  private static String item(String item) {
    return member(RequestKind.RESPONSE, "'input':[" + item + "]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'messages':[{'role':'system','content':'a'},{'role':'user','content':[{'type':'text',"
            + "'text':'a','cache_control':{'type':'ephemeral'}}]}]",
        "'messages':[{'role':'assistant','content':null,'refusal':null,'audio':null,'reasoning':'r',"
            + "'reasoning_details':[{'type':'reasoning.encrypted','data':'AAAA'}],'tool_calls':"
            + "[{'id':'c','type':'function','function':{'name':'f','arguments':'{}'}}]},"
            + "{'role':'tool','tool_call_id':'c','name':'f','content':'r'}]",
        "'messages':[{'role':'assistant','content':[{'type':'refusal','refusal':'no'}]}]",
        "'tools':[{'type':'function','function':{'name':'f','strict':true,'parameters':{'type':"
            + "'object','properties':{'Type':{'type':'string'},'model':{'type':'image'}}}}}]",
        "'tools':[{'type':'custom','custom':{'name':'f','format':{'type':'grammar'}}}]",
        "'tool_choice':{'type':'function','function':{'name':'f'}},'parallel_tool_calls':false",
        "'functions':[{'name':'f','parameters':{}}],'function_call':'auto'",
        "'max_tokens':5,'max_completion_tokens':7,'n':2",
        "'max_tokens':1e3",
        "'max_tokens':null,'n':null,'stop':null,'preset':null,'plugins':null,'what':null",
        "'temperature':0.5,'top_p':1,'top_k':40,'min_p':0,'top_a':0,'seed':1",
        "'frequency_penalty':0,'presence_penalty':0,'repetition_penalty':1,'logit_bias':{'1':2}",
        "'logprobs':true,'top_logprobs':5,'stop':['a'],'user':'u','store':false",
        "'metadata':{'Model':'x','model':'y'}",
        "'response_format':{'type':'json_schema','json_schema':{'name':'n','schema':{'N':1}}}",
        "'stream':true,'stream_options':{'include_usage':true},'usage':{'include':true}",
        "'reasoning':{'effort':'high','exclude':true},'reasoning_effort':'low','verbosity':'low'",
        "'provider':{'order':['a'],'allow_fallbacks':false,'sort':'price','zdr':true}",
        "'models':['a/c','a/d'],'route':'fallback','transforms':['middle-out']",
        "'session_id':'s','safety_identifier':'s','prompt_cache_key':'k'",
        "'prompt_cache_retention':'24h','service_tier':'default','modalities':['text']",
        "'service_tier':'auto','max_tool_calls':3,'plugins':[]"
      })
  void aChatOfOrdinaryMembersIsBounded(String members) {
    assertThat(member(RequestKind.CHAT, members)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'prompt':'a','suffix':'b','echo':true,'logprobs':5,'best_of':2",
        "'prompt':['a','b']",
        "'prompt':[1,2,3]",
        "'prompt':[[1,2],[3]]"
      })
  void aCompletionOfOrdinaryMembersIsBounded(String members) {
    assertThat(member(RequestKind.COMPLETION, members)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'input':'a','instructions':'b','max_output_tokens':5",
        "'input':[{'role':'user','content':'a'},{'type':'message','role':'user','content':"
            + "[{'type':'input_text','text':'a'}]},{'type':'message','role':'assistant','id':'m',"
            + "'status':'completed','content':[{'type':'output_text','text':'a','annotations':[]},"
            + "{'type':'refusal','refusal':'r'}]}]",
        "'input':[{'type':'reasoning','id':'rs_1','summary':[{'type':'summary_text','text':'a'}],"
            + "'encrypted_content':'AAAA'}]",
        "'input':[{'type':'reasoning','summary':[],'content':[{'type':'reasoning_text',"
            + "'text':'a'}]}]",
        "'input':[{'type':'function_call','call_id':'c','name':'f','arguments':'{}'},"
            + "{'type':'function_call_output','call_id':'c','output':'r'}]",
        "'input':[{'type':'function_call_output','call_id':'c','output':[{'type':'input_text',"
            + "'text':'r'}]}]",
        "'input':[{'type':'custom_tool_call','call_id':'c','name':'f','input':'x'},"
            + "{'type':'custom_tool_call_output','call_id':'c','output':'r'}]",
        "'tools':[{'type':'function','name':'f','parameters':{'Type':1},'strict':false},"
            + "{'type':'custom','name':'g'},{'type':'local_shell'}]",
        "'reasoning':{'effort':'high','summary':'auto'},'text':{'verbosity':'low','format':{}}",
        "'store':true,'include':['reasoning.encrypted_content'],'truncation':'auto'",
        "'background':false,'previous_response_id':null,'conversation':null,'prompt':null"
      })
  void aResponseOfOrdinaryMembersIsBounded(String members) {
    assertThat(member(RequestKind.RESPONSE, members)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'max_tokens':5,'system':'a','stop_sequences':['s'],'metadata':{'user_id':'u'}",
        "'system':[{'type':'text','text':'a','cache_control':{'type':'ephemeral'}}]",
        "'messages':[{'role':'assistant','content':[{'type':'thinking','thinking':'t',"
            + "'signature':'s'},{'type':'redacted_thinking','data':'AAAA'},{'type':'tool_use',"
            + "'id':'t','name':'f','input':{'type':'image','Content':1,'n':'100'}}]},"
            + "{'role':'user','content':[{'type':'tool_result','tool_use_id':'t','content':'r'}]}]",
        "'messages':[{'role':'user','content':[{'type':'tool_result','tool_use_id':'t','content':"
            + "[{'type':'text','text':'r'}],'is_error':false}]}]",
        "'tools':[{'name':'f','description':'d','input_schema':{'type':'object','Type':1}}]",
        "'tools':[{'type':'custom','name':'f','input_schema':{}}]",
        "'tools':[{'type':'bash_20250124','name':'bash'},{'type':'text_editor_20250728','name':"
            + "'str_replace_based_edit_tool'},{'type':'memory_20250818','name':'memory'}]",
        "'tool_choice':{'type':'auto','disable_parallel_tool_use':true}",
        "'max_tokens':5000,'thinking':{'type':'enabled','budget_tokens':2000}",
        "'thinking':{'type':'adaptive'},'output_config':{'effort':'high'}",
        "'context_management':{'edits':[{'type':'clear_thinking_20251015','keep':'all'},"
            + "{'type':'clear_tool_uses_20250919','trigger':{'type':'input_tokens','value':1}}]}",
        "'fallbacks':[{'model':'a/c'}]",
        "'service_tier':'standard_only','mcp_servers':[],'container':null"
      })
  void messagesOfOrdinaryMembersAreBounded(String members) {
    assertThat(member(RequestKind.MESSAGE, members)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'input':'a','encoding_format':'base64','dimensions':256,'input_type':'query','user':'u'",
        "'input':['a','b']",
        "'input':[1,2]",
        "'input':[[1],[2]]"
      })
  void anEmbeddingOfOrdinaryMembersIsBounded(String members) {
    assertThat(member(RequestKind.EMBEDDING, members)).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '~',
      delimiter = '|',
      value = {
        "CHAT       | 'what':1                              | member \"what\"",
        "CHAT       | 'prediction':{'type':'content'}       | member \"prediction\"",
        "CHAT       | 'audio':{'voice':'alloy'}             | member \"audio\"",
        "CHAT       | 'web_search_options':{}               | member \"web_search_options\"",
        "CHAT       | 'preset':'mine'                       | member \"preset\"",
        "CHAT       | 'plugins':[{'id':'web'}]              | plugin \"web\"",
        "CHAT       | 'modalities':['text','image']         | modality \"image\"",
        "CHAT       | 'service_tier':'priority'             | service_tier \"priority\"",
        "CHAT       | 'models':['a/b:online']               | model \"a/b:online\"",
        "CHAT       | 'provider':{'options':{}}             | member of provider \"options\"",
        "CHAT       | 'input':'a'                           | member \"input\"",
        "RESPONSE   | 'previous_response_id':'resp_1'       | member \"previous_response_id\"",
        "RESPONSE   | 'conversation':'conv_1'               | member \"conversation\"",
        "RESPONSE   | 'conversation':{'id':'conv_1'}        | member \"conversation\"",
        "RESPONSE   | 'prompt':{'id':'pmpt_1'}              | member \"prompt\"",
        "RESPONSE   | 'background':true                     | member \"background\"",
        "RESPONSE   | 'background':'true'                   | member \"background\"",
        "RESPONSE   | 'context_management':[{'type':'compaction'}] | member \"context_management\"",
        "MESSAGE    | 'mcp_servers':[{'type':'url'}]        | member \"mcp_servers\"",
        "MESSAGE    | 'container':'c'                       | member \"container\"",
        "MESSAGE    | 'speed':'fast'                        | member \"speed\"",
        "MESSAGE    | 'inference_geo':'us'                  | member \"inference_geo\"",
        "MESSAGE    | 'context_management':{'edits':[{'type':'compact_20260112'}]}"
            + " | edit of type \"compact_20260112\"",
        "MESSAGE    | 'fallbacks':[{'model':'a/b','max_tokens':9}]"
            + " | member of a model \"max_tokens\""
      })
  void aMemberThatIsNotKnownToBeBoundedIsNamed(RequestKind kind, String member, String named) {
    assertThat(member(kind, member)).isEqualTo(named);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'n':'100'",
        "'best_of':'20'",
        "'max_tokens':'5'",
        "'max_tokens':5,'max_tokens':'5'",
        "'max_tokens':true",
        "'n':[2]",
        "'temperature':'1'",
        "'reasoning':{'max_tokens':'5'}"
      })
  void aNumberInAnotherFormIsUnbounded(String member) {
    assertThat(member(RequestKind.CHAT, member)).contains("not a number");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'Model':'b'",
        "'MAX_TOKENS':9",
        "'N':9",
        "'model\u017f':['b']",
        "'fallbac\u212as':[{'model':'b'}]",
        "'reasoning':{'Max_tokens':9}",
        "'fallbacks':[{'model':'b','Model':'c'}]",
        "'provider':{'Only':['x']}",
        "'tools':[{'type':'function','Type':'openrouter:web_search'}]",
        "'Tools':[{'type':'openrouter:web_search'}]",
        "'messages':[{'role':'user','Content':[{'type':'image_url'}]}]",
        "'messages':[{'role':'user','content':[{'type':'text','text':'a','Type':'image_url'}]}]",
        "'messages':[{'role':'user','content':[{'type':'text','text':'a','Image_url':{}}]}]",
        "'Messages':[]"
      })
  void aNameInAnotherCaseIsUnbounded(String member) {
    assertThat(member(RequestKind.CHAT, member)).contains("member");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'image_url','image_url':{'url':'https://x/y.png'}}",
        "{'type':'image_url','image_url':{'url':'data:image/png;base64,AAAA'}}",
        "{'type':'input_audio','input_audio':{'data':'AAAA','format':'wav'}}",
        "{'type':'file','file':{'file_id':'f'}}",
        "{'type':'video_url','video_url':{'url':'https://x/y.mp4'}}",
        "{'type':'hologram'}",
        "{'type':'Text','text':'a'}",
        "{'type':'text','type':'image_url','text':'a'}",
        "{'type':7,'text':'a'}",
        "{'type':null,'text':'a'}",
        "{'text':'a'}",
        "{'image_url':{'url':'https://x/y.png'}}",
        "'a'",
        "[{'type':'text','text':'a'}]"
      })
  void aPartThatIsNotKnownToBeTextIsUnbounded(String part) {
    assertThat(chatPart(part)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'image','source':{'type':'base64','media_type':'image/png','data':'AAAA'}}",
        "{'type':'document','source':{'type':'url','url':'https://x/y.pdf'}}",
        "{'type':'tool_result','tool_use_id':'t','content':[{'type':'image','source':{}}]}",
        "{'type':'tool_result','tool_use_id':'t','content':{'type':'image'}}",
        "{'type':'container_upload','file_id':'f'}",
        "{'type':'server_tool_use','id':'s','name':'web_search','input':{}}"
      })
  void aPartOfAMessageThatTheBodyDoesNotBoundIsUnbounded(String part) {
    assertThat(messagePart(part)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'item_reference','id':'msg_1'}",
        "{'type':'reasoning','id':'rs_1','summary':[]}",
        "{'type':'reasoning','id':'rs_1','summary':[],'encrypted_content':''}",
        "{'type':'reasoning','id':'rs_1','summary':[],'encrypted_content':null}",
        "{'role':'user','content':[{'type':'input_image','image_url':'https://x/y.png'}]}",
        "{'role':'user','content':[{'type':'input_file','file_id':'f'}]}",
        "{'type':'function_call_output','call_id':'c','output':[{'type':'input_image'}]}",
        "{'type':'computer_call_output','call_id':'c','output':{'type':'computer_screenshot'}}",
        "{'type':'web_search_call','id':'ws_1'}",
        "{'type':'mcp_call','id':'m'}",
        "'a'"
      })
  void anItemThatTheBodyDoesNotBoundIsUnbounded(String item) {
    assertThat(item(item)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'messages':[{'role':'user','content':{'type':'text','text':'a'}}]",
        "'messages':[{'role':'user','content':7}]",
        "'messages':[{'role':'assistant','audio':{'id':'audio_1'}}]",
        "'messages':[{'role':'assistant','content':'a','images':[{'type':'image_url'}]}]",
        "'messages':[{'role':'user','content':'a','images':'https://x/y.png'}]",
        "'messages':[{'role':'user','content':'a','attachments':['f']}]",
        "'messages':['a']",
        "'messages':{}",
        "'prompt':[{'a':1}]",
        "'prompt':{'a':1}"
      })
  void contentOfAnotherFormIsUnbounded(String members) {
    assertThat(member(RequestKind.CHAT, members)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '~',
      delimiter = '|',
      value = {
        "CHAT     | {'type':'openrouter:web_search'}",
        "CHAT     | {'type':'builtin_function','function':{'name':'$web_search'}}",
        "CHAT     | {'type':'function','type':'openrouter:web_search'}",
        "CHAT     | {'type':'web_search'}",
        "CHAT     | {'function':{'name':'f'}}",
        "CHAT     | 'function'",
        "CHAT     | {'type':7}",
        "RESPONSE | {'type':'mcp','server_url':'https://x'}",
        "RESPONSE | {'type':'code_interpreter','container':{'type':'auto'}}",
        "RESPONSE | {'type':'file_search','vector_store_ids':['v']}",
        "RESPONSE | {'type':'web_search_preview'}",
        "RESPONSE | {'type':'web_search_2025_08_26'}",
        "RESPONSE | {'type':'computer_use_preview'}",
        "RESPONSE | {'type':'image_generation'}",
        "RESPONSE | {'type':'shell','environment':{'type':'container_auto'}}",
        "RESPONSE | {'type':'tool_search'}",
        "MESSAGE  | {'type':'web_search_20250305','name':'web_search'}",
        "MESSAGE  | {'type':'web_fetch_20250910','name':'web_fetch'}",
        "MESSAGE  | {'type':'code_execution_20250825','name':'code_execution'}",
        "MESSAGE  | {'type':'computer_20250124','name':'computer'}",
        "MESSAGE  | {'type':'mcp_toolset','mcp_server_name':'m'}",
        "MESSAGE  | {'type':'bash_20250124x','name':'bash'}",
        "MESSAGE  | {'type':['web_search_20250305'],'name':'web_search'}",
        "MESSAGE  | {'type':{},'name':'web_search'}"
      })
  void aToolThatTheClientDoesNotRunIsUnbounded(RequestKind kind, String tool) {
    assertThat(member(kind, "'tools':[" + tool + "]")).contains("tool");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "not json", "{'model':'a'}{}", "{'model':'a'"})
  void aBodyThatCannotBeReadIsUnbounded(String body) {
    assertThat(unbounded(RequestKind.CHAT, body)).isNotNull();
  }

  /** It goes into an error of one line. */
  @ParameterizedTest
  @ValueSource(strings = {"'a\\u2028b':1", "'a\\nb':1", "'a\\u202eb':1"})
  void aNameThatIsShownIsOneLine(String member) {
    assertThat(member(RequestKind.CHAT, member))
        .doesNotContain("\n", "\u2028", "\u202e")
        .hasSizeLessThan(200);
  }
}
